"""An official-style SEEM of a few thousand weights, for tests of what surrounds the model."""

from __future__ import annotations

import torch

from seem_ros.model.config import SeemConfig
from seem_ros.model.seem import Seem
from seem_ros.model.text.tokenizer import ClipTokenizer

TINY = SeemConfig.from_dict(
    {
        "name": "tiny",
        "backbone": {
            "name": "focalnet",
            "options": {"embed_dim": 8, "depths": [1, 1, 1, 1], "focal_levels": 2},
        },
        "pixel_decoder": {
            "conv_dim": 32,
            "fine_dim": 32,
            "mask_dim": 32,
            "encoder_layers": 1,
            "heads": 2,
            "ffn_dim": 32,
            "norm_groups": 4,
        },
        "decoder": {
            "hidden_dim": 32,
            "heads": 2,
            "layers": 3,
            "ffn_dim": 32,
            "num_queries": 12,
            "object_queries": [0, 12],
            "grounding_queries": [0, 12],
            "spatial_queries": [0, 12],
            "memory_slots": 4,
        },
        "text": {"width": 32, "layers": 1, "heads": 2, "ffn_dim": 32, "templates": False},
        "input": {"size": 64},
        "vocabulary": ["cup", "box"],
    }
)


def tiny_official(seed: int = 0) -> Seem:
    """Return a model with random weights that depend on the seed only."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Seem(TINY)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.2)
    model.language.tokenizer = ClipTokenizer()
    return model.eval().requires_grad_(False)
