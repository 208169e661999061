"""Low-resolution maps at the size of the picture, only where an object is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from seem_ros.instances import box_of

_MARGIN = 1  # cells


class Enlarged:
    """The part of a picture that some cells of a grid over it cover.

    Attributes:
        region: rows and columns of the picture.

    """

    def __init__(self, cells: np.ndarray, size: tuple[int, ...]) -> None:
        """Take the (h, w) bool cells that matter and the (height, width) of the picture."""
        x0, y0, x1, y1 = box_of(cells)
        self._rows = _reached(y0, y1, cells.shape[0], size[0])
        self._columns = _reached(x0, x1, cells.shape[1], size[1])
        self.region = (self._rows, self._columns)
        self._grid, self._size = cells.shape, size

    def smooth(self, values: np.ndarray) -> np.ndarray:
        """Return (h, w) float32 values in the region, bilinear as cv2.resize does it."""
        rows = _weights(self._grid[0], self._size[0])[self._rows]
        columns = _weights(self._grid[1], self._size[1])[self._columns]
        return rows @ values @ columns.T

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Return (h, w) values of any kind in the region, each pixel its cell's."""
        picks = [
            np.arange(part.start, part.stop) * cells // pixels
            for part, cells, pixels in zip(self.region, self._grid, self._size, strict=True)
        ]
        return values[np.ix_(*picks)]


def _reached(start: int, stop: int, cells: int, pixels: int) -> slice:
    """Pixels that bilinear weights of the cells start..stop and one more reach."""
    if start == stop:
        return slice(0, 0)
    low, high = max(0, start - 1 - _MARGIN), min(cells, stop + 1 + _MARGIN)
    return slice(low * pixels // cells, -(-high * pixels // cells))


@lru_cache(maxsize=16)
def _weights(cells: int, pixels: int) -> np.ndarray:
    """Return (pixels, cells) float32 bilinear weights."""
    place = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    away = np.abs(place[:, None] - np.arange(cells)[None])
    return np.maximum(0, 1 - away).astype(np.float32)
