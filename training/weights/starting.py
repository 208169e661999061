"""What a model begins its training with: the weights of another one, as far as they fit."""

from __future__ import annotations

import torch
from torch import Tensor

from seem_ros.model.seem import Seem

BESIDE = 0.5  # how far from the answer a reading begins, in deviations of the answer's query
ASIDE = 0.1  # share of its random weights for features that only readings see


def start_from(model: Seem, other: Seem) -> int:
    """Give a model another one's weights, but for what is of another shape in this one.

    A model with another backbone so gets all but the backbone and the layers that read it; more
    queries begin with those that are there, and readings beside the answer.

    Returns:
        how many of its arrays were given.
    """
    state, own = other.state_dict(), model.state_dict()
    if other.config.backbone != model.config.backbone:
        state = {k: v for k, v in state.items() if not k.startswith("backbone.")}
    state = {k: _grown(v, own[k]) for k, v in state.items() if k in own}
    fitting = {k: v for k, v in state.items() if own[k].shape == v.shape}
    model.load_state_dict(fitting, strict=False)
    if other.config.decoder.reading_queries != model.config.decoder.reading_queries:
        begin_readings(model)
    return len(fitting)


def _grown(theirs: Tensor, own: Tensor) -> Tensor:
    """A table with the further rows of a larger one; itself where it is no such thing."""
    if theirs.dim() != 2 or theirs.shape[1] != own.shape[1] or len(theirs) >= len(own):
        return theirs
    return torch.cat((theirs, own[len(theirs) :].to(theirs)))


@torch.no_grad()
def begin_readings(model: Seem) -> None:
    """Let the readings of a model begin as its answer, each a little beside it."""
    answer, _ = model.config.decoder.spatial_queries
    rows = slice(*model.config.decoder.reading_queries)
    decoder = model.decoder
    for table in (decoder.query_feat.weight, decoder.query_embed.weight):
        beside = torch.randn_like(table[rows]) * table[answer].std()
        table[rows] = table[answer] + BESIDE * beside
    if model.config.decoder.dense_prompts is None or not decoder.dense_prompts.has_readings:
        return
    answers, readings = decoder.dense_prompts.embed, decoder.dense_prompts.embed_readings
    known = answers.out_features
    readings.weight[:known], readings.bias[:known] = answers.weight, answers.bias
    readings.weight[known:] *= ASIDE
    readings.bias[known:] = 0
