"""Sine position encodings (DETR, section 3 of SEEM's pixel decoder): no parameters."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def _interleaved(angle: Tensor) -> Tensor:
    """(..., n) angles with paired frequencies -> sin at even, cos at odd places."""
    return torch.stack((angle[..., 0::2].sin(), angle[..., 1::2].cos()), -1).flatten(-2)


def _frequencies(half: int, device: torch.device) -> Tensor:
    index = torch.arange(half, dtype=torch.float32, device=device)
    return 10000.0 ** (2 * torch.div(index, 2, rounding_mode="floor") / half)


def sine_grid(height: int, width: int, dim: int, device: torch.device) -> Tensor:
    """Encode every cell of a grid.

    Coordinates are 1-based, divided by the largest and scaled to 2 pi; the y half comes first.

    Returns:
        (height * width, dim) float32.
    """
    frequency = _frequencies(dim // 2, device)
    axes = []
    for size in (height, width):
        place = torch.arange(1, size + 1, dtype=torch.float32, device=device)
        place = place / (size + 1e-6) * (2 * math.pi)
        axes.append(_interleaved(place[:, None] / frequency))
    y = axes[0][:, None].expand(height, width, -1)
    x = axes[1][None].expand(height, width, -1)
    return torch.cat((y, x), -1).flatten(0, 1)


def sine_points(points: Tensor, dim: int) -> Tensor:
    """Encode points (..., 2), (y, x) in 0..1, as (..., dim): the same code as the grid's."""
    frequency = _frequencies(dim // 2, points.device)
    angle = points.float()[..., None] * (2 * math.pi) / frequency
    return _interleaved(angle).flatten(-2)
