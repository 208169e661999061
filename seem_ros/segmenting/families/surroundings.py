"""Where to look for what was seen a moment ago: a window around what points at it."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from seem_ros.model.windows import COARSE, Window

_MARGIN = 0.5  # on each side, as a share of the larger side of what is seen
_LEAST_MARGIN = 2.0  # coarse cells
_LEAST_SIDE = 6  # coarse cells; sides are multiples of _STEP so that few sizes occur
_STEP = 4
_WORTHWHILE = 0.6  # a window of more than this share of the picture saves nothing


def window_around(seeds: np.ndarray, norms: Tensor) -> Window | None:
    """Return the window around a (h, w) bool map at stride 4, None to look everywhere.

    Args:
        seeds: what points at the object: clicks, its last mask, a box.
        norms: what a whole look noted, see :class:`seem_ros.model.windows.Window`.
    """
    if not seeds.any():
        return None
    spans = []
    for axis in (1, 0):
        cells = np.flatnonzero(seeds.any(axis))
        spans.append((cells[0] / COARSE, (cells[-1] + 1) / COARSE))
    margin = max(_LEAST_MARGIN, _MARGIN * max(stop - start for start, stop in spans))
    sides = [
        _side(start - margin, stop + margin, size // COARSE)
        for (start, stop), size in zip(spans, seeds.shape, strict=True)
    ]
    (row, rows), (column, columns) = sides
    if rows * columns * COARSE**2 > _WORTHWHILE * seeds.size:
        return None
    return Window(row, column, rows, columns, norms)


def _side(start: float, stop: float, size: int) -> tuple[int, int]:
    """First cell and number of cells of a window on an axis of ``size`` cells."""
    wanted = max(_LEAST_SIDE, math.ceil(stop - start))
    count = min(size, math.ceil(wanted / _STEP) * _STEP)
    first = round((start + stop - count) / 2)
    return min(max(0, first), size - count), count
