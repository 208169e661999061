"""A class embedding for every pixel, compared with text: where is what the words name?

The official models answer words with queries that were trained on millions of captions. A small
model trained on a few thousand scenes learns far sooner from every labelled pixel: this map is
SEEM's class head applied densely (not in the paper). A configuration without ``semantic_map``
has none of it, and words select queries.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import SemanticMapConfig
from seem_ros.model.dense_prompts import ResidualBlock

STRIDE = 8


class SemanticMap(nn.Module):
    """Backbone maps of strides 8, 16 and 32 to unit class embeddings at stride 8."""

    def __init__(self, config: SemanticMapConfig, in_channels: list[int]) -> None:
        super().__init__()
        dim = config.dim
        self.lateral = nn.ModuleList(nn.Conv2d(c, dim, 1) for c in in_channels[1:])
        self.coarse = nn.Sequential(
            ResidualBlock(dim, 1, config.norm_groups), ResidualBlock(dim, 2, config.norm_groups)
        )
        self.fine = ResidualBlock(dim, 1, config.norm_groups)
        self.out = nn.Conv2d(dim, config.embedding_dim, 1)
        self.background = nn.Parameter(torch.randn(config.embedding_dim))
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))

    def forward(self, maps: list[Tensor]) -> Tensor:
        """res2..res5 -> (I, E, H/8, W/8), unit length along E."""
        middle, coarse, deep = (f(x) for f, x in zip(self.lateral, maps[1:], strict=True))
        x = self.coarse(coarse + _resized(deep, coarse))
        x = self.fine(middle + _resized(x, middle))
        return F.normalize(self.out(x), dim=1)

    def logits(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """Compare unit embeddings (..., E) with unit rows (K, E) and background: (..., K + 1)."""
        every = torch.cat((rows, F.normalize(self.background, dim=0)[None]))
        return self.logit_scale.exp() * embeddings @ every.t()


def pooled(semantic: Tensor, mask_logits: Tensor) -> Tensor:
    """Mean unit embedding under masks.

    Args:
        semantic: (E, h, w) at stride 8.
        mask_logits: (N, 2h, 2w) at stride 4.

    Returns:
        (N, E) of unit length; zeros where a mask is empty.
    """
    inside = F.interpolate((mask_logits > 0).float()[None], size=semantic.shape[-2:], mode="area")
    summed = torch.einsum("nhw,ehw->ne", inside[0], semantic)
    return F.normalize(summed, dim=-1)


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
