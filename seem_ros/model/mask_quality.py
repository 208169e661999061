"""The IoU that a mask is expected to have, to rank the readings of a prompt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seem_ros.model.attention import MLP

_CLEAR = 1.0  # logits within this of 0 are undecided
_FIGURES = 3


class MaskQuality(nn.Module):
    """Predict a mask's IoU with what was meant, from its query and how decided the mask is."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.mlp = MLP(dim + _FIGURES, dim, 1)

    def forward(self, queries: Tensor, mask_logits: Tensor) -> Tensor:
        """Queries (B, Q, C) with their mask logits (B, Q, h, w) -> logits of the IoU (B, Q)."""
        figures = decidedness(mask_logits.detach()).to(queries.dtype)
        return self.mlp(torch.cat((queries, figures), -1))[..., 0]


def decidedness(logits: Tensor) -> Tensor:
    """Describe masks (B, Q, h, w) by three figures (B, Q, 3), each 0..1, 0 for an empty mask.

    The mean probability inside, the share of the surely inside in all that is not surely outside
    (SAM's stability), and the root of the share of the picture.
    """
    inside = logits > 0
    area = inside.sum((-2, -1))
    mean = (logits.sigmoid() * inside).sum((-2, -1)) / area.clamp(min=1)
    surely, perhaps = ((logits > limit).sum((-2, -1)) for limit in (_CLEAR, -_CLEAR))
    share = (area / (logits.shape[-2] * logits.shape[-1])).sqrt()
    return torch.stack((mean, surely / perhaps.clamp(min=1), share), -1)
