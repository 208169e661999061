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


def colour_evidence(rgb: Tensor, logits: Tensor, tiles: int) -> Tensor:
    """Log ratio of a pixel's colour inside and outside of masks.

    Args:
        rgb: (N, 3, S, S) in -1..1.
        logits: (N, S, S), positive inside.
        tiles: along a side, 1 = none.

    Returns:
        (N, S, S), about -9..9.
    """
    coarse = _cells(F.avg_pool2d(rgb, 2), tiles).flatten(1)
    inside = (F.avg_pool2d(logits[:, None], 2) > 0).flatten(1).to(rgb)
    count = tiles * tiles * BINS**3
    counts = torch.stack((inside, 1 - inside), 1)
    counts = rgb.new_zeros(len(rgb), 2, count).scatter_add_(
        2, coarse[:, None].expand(-1, 2, -1), counts
    )
    blurred = _blur(tiles, 2, _TILE_BLUR).to(rgb) @ counts.view(len(rgb), 2, tiles * tiles, -1)
    counts = blurred @ _blur(BINS, 3, _BIN_BLUR).to(rgb)
    shares = counts / counts.sum(-1, keepdim=True).clamp(min=1e-6) + _LEAST_SHARE
    ratio = (shares[:, 0] / shares[:, 1]).log().flatten(1)
    return ratio.gather(1, _cells(rgb, tiles).flatten(1)).view_as(logits)


def _cells(rgb: Tensor, tiles: int) -> Tensor:
    """Index (N, S, S) of the histogram cell of each pixel of (N, 3, S, S)."""
    bins = ((rgb.clamp(-1, 1) + 1) * (BINS / 2)).long().clamp(max=BINS - 1)
    size = rgb.shape[-1]
    tile = torch.arange(size, device=rgb.device) * tiles // size
    colour = (bins[:, 0] * BINS + bins[:, 1]) * BINS + bins[:, 2]
    return (tile[:, None] * tiles + tile) * BINS**3 + colour


@lru_cache(maxsize=8)
def _blur(size: int, axes: int, deviation: float) -> Tensor:
    """Gaussian weights (size ** axes, size ** axes) of all cells of a grid for one another."""
    places = torch.arange(float(size))
    one = torch.exp(-0.5 * ((places[:, None] - places) / deviation) ** 2)
    all_axes = one
    for _ in range(axes - 1):
        all_axes = torch.kron(all_axes, one)
    return all_axes
