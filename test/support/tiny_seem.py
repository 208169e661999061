"""A SEEM of a few thousand random weights: the real modules, small enough for structural tests."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from seem_ros.model.config import SeemConfig
from seem_ros.model.features import PointSet, PromptBatch, TextFeatures
from seem_ros.model.seem import Seem

TINY = {
    "name": "tiny",
    "backbone": {"name": "efficientnet_lite", "options": {"variant": "lite0"}},
    "pixel_decoder": {
        "conv_dim": 16,
        "fine_dim": 8,
        "mask_dim": 12,
        "encoder_layers": 1,
        "heads": 2,
        "ffn_dim": 32,
        "norm_groups": 4,
    },
    "decoder": {
        "hidden_dim": 16,
        "heads": 2,
        "layers": 3,
        "ffn_dim": 32,
        "num_queries": 10,
        "object_queries": [0, 6],
        "grounding_queries": [6, 8],
        "spatial_queries": [8, 10],
        "memory_slots": 3,
        "align_corners": False,
        "token_positions": True,
        "dense_prompts": {
            "coarse_dim": 8,
            "middle_dim": 8,
            "fine_dim": 8,
            "dilations": [1],
            "norm_groups": 4,
        },
    },
    "text": {
        "name": "minilm",
        "width": 24,
        "layers": 1,
        "heads": 2,
        "ffn_dim": 32,
        "context_length": 16,
        "vocabulary_size": 100,
        "templates": False,
    },
    "semantic_map": {"dim": 8, "embedding_dim": 8, "norm_groups": 4},
    "input": {"side": "long", "size": 96},
}


def tiny_seem(seed: int = 0, **decoder: object) -> Seem:
    """Build the tiny model; keyword arguments change its decoder's configuration."""
    torch.manual_seed(seed)
    config = SeemConfig.from_dict(TINY)
    config = dataclasses.replace(config, decoder=dataclasses.replace(config.decoder, **decoder))
    return Seem(config).eval()


def points(count: int, sequences: int, seed: int = 1) -> PointSet:
    """Random points, the first of each sequence positive."""
    generator = torch.Generator().manual_seed(seed)
    positive = torch.rand(sequences, count, generator=generator) > 0.5
    positive[:, 0] = True
    return PointSet.of(torch.rand(sequences, count, 2, generator=generator), positive)


def texts(sequences: int, length: int, dim: int = 16, seed: int = 2) -> TextFeatures:
    """Random projected texts."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randn(sequences, length, dim, generator=generator)
    valid = torch.ones(sequences, length, dtype=torch.bool)
    return TextFeatures(tokens, valid, tokens.mean(1), tokens.mean(1))


def rows_of(batch: PromptBatch, index: int) -> PromptBatch:
    """One sequence of a batch on one image, as a batch of its own."""
    one = slice(index, index + 1)

    def cut(x: Tensor | None) -> Tensor | None:
        return None if x is None else x[one]

    tokens = batch.points
    if tokens is not None:
        tokens = dataclasses.replace(
            tokens,
            levels=[x[one] for x in tokens.levels],
            mean=tokens.mean[one],
            valid=[x[one] for x in tokens.valid],
            objects=[x[one] for x in tokens.objects],
            dense=[x[one] for x in tokens.dense],
        )
    return dataclasses.replace(
        batch,
        per_image=1,
        points=tokens,
        text=None if batch.text is None else batch.text[one],
        previous=cut(batch.previous),
        has_previous=cut(batch.has_previous),
        planes=cut(batch.planes),
    )
