"""What an operator points at, draws, says or shows: prompts, checks, and the words in them."""

from seem_ros.prompts.kinds import Mode, PromptKind
from seem_ros.prompts.prompt import Box, Point, Prompt, Stroke, merge
from seem_ros.prompts.rasterize import SpatialMasks, rasterize

__all__ = [
    "Box", "Mode", "Point", "Prompt", "PromptKind", "SpatialMasks", "Stroke", "merge", "rasterize"
]  # fmt: skip
