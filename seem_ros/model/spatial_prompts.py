"""Spatial prompts as tokens: features sampled at points (SEEM's visual sampler).

A point takes the image feature at its place, so that the same code turns a stroke on another
image (a visual reference) or a mask in an earlier frame (memory) into a prompt.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import PointSet
from seem_ros.model.precision import widened


def sample(maps: Tensor, yx: Tensor, align_corners: bool) -> Tensor:
    """Sample maps bilinearly, zero outside.

    Args:
        maps: (I, C, h, w).
        yx: (B, P, 2), in 0..1 of the padded image; B = I * n, sequences of one image adjacent.
        align_corners: True reproduces the official geometry, which is off by up to half a
            cell at the border; the official weights were trained with it.

    Returns:
        (B, P, C).
    """
    images, (batch, points) = maps.shape[0], yx.shape[:2]
    grid = yx.flip(-1).reshape(images, 1, batch // images * points, 2) * 2 - 1
    exact = widened(maps)  # as places are
    y = F.grid_sample(exact, grid.to(exact.dtype), mode="bilinear", align_corners=align_corners)
    y = y.to(maps.dtype)
    return y[:, :, 0].transpose(1, 2).reshape(batch, points, -1)


def mean_by_object(values: Tensor, points: PointSet, sign: bool, empty: float) -> Tensor:
    """Average values (B, P, C) over each object's positive or negative points: (B, N, C).

    An object without such points gets the constant ``empty``.
    """
    chosen = points.valid & (points.positive if sign else ~points.positive)
    index = torch.arange(points.count, device=values.device)
    weight = ((points.objects[..., None] == index) & chosen[..., None]).to(values.dtype)
    total = weight.sum(1)
    mean = torch.einsum("bpn,bpc->bnc", weight, values) / total.clamp(min=1)[..., None]
    return torch.where(total[..., None] > 0, mean, torch.full_like(mean, empty))
