"""What an operator points at, draws, says or shows: prompts, checks, and the words in them."""

from seem_ros.prompts.prompt import Box, Mode, Point, Prompt, PromptKind, Stroke, merge
from seem_ros.prompts.rasterize import SpatialMasks, rasterize

__all__ = [
    "Box", "Mode", "Point", "Prompt", "PromptKind", "SpatialMasks", "Stroke", "merge", "rasterize"
]  # fmt: skip
