"""How much more a colour belongs inside a mask than outside: a cue that a small network lacks.

Colours of the whole cut-out are counted in a smoothed histogram inside and outside the mask, once
for all of it and once in tiles, so that a colour may mean different things in different places
(colour models as in GrabCut, Rother et al. 2004; tiles as in a bilateral grid, Chen et al. 2007).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

BINS = 8  # of each of red, green and blue
TILES = 6  # along a side
_LEAST_SHARE = 1e-4
_BIN_BLUR, _TILE_BLUR = 0.7, 0.8  # deviations


def colour_evidence(rgb: Tensor, logits: Tensor) -> Tensor:
    """Log ratio of a pixel's colour inside and outside of masks.

    Args:
        rgb: (N, 3, S, S) in -1..1.
        logits: (N, S, S), positive inside.

    Returns:
        (N, 2, S, S), about -9..9: overall, and in the tile.
    """
    count, size = len(rgb), rgb.shape[-1]
    inside = (F.avg_pool2d(logits[:, None], 2) > 0).flatten(1).to(rgb)
    small = _bins(F.avg_pool2d(rgb, 2)) + _tiles(size // 2, rgb.device)
    shares = torch.stack((inside, 1 - inside), 1)
    counts = rgb.new_zeros(count, 2, TILES**2 * BINS**3).scatter_add_(
        2, small.flatten(1)[:, None].expand(-1, 2, -1), shares
    )
    counts = counts.view(count, 2, TILES**2, -1)
    local = _blur(TILES, 2, _TILE_BLUR).to(rgb) @ counts
    counts = torch.cat([local, counts.sum(2, keepdim=True)], 2).unflatten(3, (BINS, BINS**2))
    red, rest = (_blur(BINS, axes, _BIN_BLUR).to(rgb) for axes in (1, 2))
    counts = (red @ (counts @ rest)).flatten(3)
    likely = counts / counts.sum(-1, keepdim=True).clamp(min=1e-6) + _LEAST_SHARE
    ratio = (likely[:, 0] / likely[:, 1]).log()
    bins = _bins(rgb)
    overall = ratio[:, -1].gather(1, bins.flatten(1))
    local = ratio[:, :-1].flatten(1).gather(1, (bins + _tiles(size, rgb.device)).flatten(1))
    return torch.stack((overall, local), 1).unflatten(2, (size, size))


def _bins(rgb: Tensor) -> Tensor:
    """Index (N, S, S) of the colour of each pixel of (N, 3, S, S)."""
    bins = ((rgb + 1) * (BINS / 2)).clamp(0, BINS - 1).floor()
    return ((bins[:, 0] * BINS + bins[:, 1]) * BINS + bins[:, 2]).long()


def _tiles(size: int, device: torch.device) -> Tensor:
    """Index (size, size) of the first colour of each pixel's tile."""
    tile = torch.arange(size, device=device) * TILES // size
    return (tile[:, None] * TILES + tile) * BINS**3


@lru_cache(maxsize=8)
def _blur(size: int, axes: int, deviation: float) -> Tensor:
    """Gaussian weights (size ** axes, size ** axes) of all cells of a grid for one another."""
    places = torch.arange(float(size))
    one = torch.exp(-0.5 * ((places[:, None] - places) / deviation) ** 2)
    all_axes = one
    for _ in range(axes - 1):
        all_axes = torch.kron(all_axes, one)
    return all_axes
