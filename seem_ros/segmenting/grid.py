"""Grid: where the pixels of a picture lie among the cells that the model sees, and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import STRIDE
from seem_ros.model.preprocess import Geometry

Pair = tuple[float, float]


class Grid(Geometry):
    """The stride-4 grid over the padded input of one picture: masks and planes lie on it.

    Pairs are (height, width) or (rows, columns); points are (x, y), as everywhere.
    """

    @classmethod
    def of(cls, geometry: Geometry) -> Grid:
        """Lay the grid over a picture whose way into the network is planned."""
        return cls(geometry.original, geometry.resized, geometry.padded)

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns, those of the padding included."""
        return self.padded[0] // STRIDE, self.padded[1] // STRIDE

    @property
    def shown(self) -> tuple[int, int]:
        """Rows and columns that show the picture, not the padding."""
        return -(-self.resized[0] // STRIDE), -(-self.resized[1] // STRIDE)

    @property
    def cells_per_pixel(self) -> Pair:
        """Of the picture, down and across."""
        (height, width), (down, across) = self.original, self.resized
        return down / height / STRIDE, across / width / STRIDE

    @property
    def pixels_per_cell(self) -> Pair:
        """Of the picture, down and across."""
        (height, width), (down, across) = self.original, self.resized
        return STRIDE * height / down, STRIDE * width / across

    @property
    def input_per_pixel(self) -> Pair:
        """Share of the padded input that a pixel of the picture takes, down and across."""
        (height, width), (down, across) = self.original, self.resized
        return down / height / self.padded[0], across / width / self.padded[1]

    def to_cells(self, points: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
        """Pixels of the picture (N, 2) -> cells (N, 2), float64."""
        down, across = self.cells_per_pixel
        return np.asarray(points, np.float64).reshape(-1, 2) * (across, down)

    def to_pixels(self, points: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
        """Cells (N, 2) -> pixels of the picture (N, 2), float64."""
        down, across = self.pixels_per_cell
        return np.asarray(points, np.float64).reshape(-1, 2) * (across, down)

    def cover(self, mask: np.ndarray) -> np.ndarray:
        """Share of each cell that an (H, W) bool or float mask covers, zero in the padding."""
        plane = np.zeros(self.cells, np.float32)
        rows, columns = (
            min(count, max(1, round(side * scale)))
            for count, side, scale in zip(
                self.cells, mask.shape, self.cells_per_pixel, strict=True
            )
        )
        small = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
        plane[:rows, :columns] = small
        return plane

    def to_picture(self, logits: Tensor) -> Tensor:
        """Enlarge (N, h, w) logits to the picture: (N, H, W)."""
        height, width = self.resized
        large = F.interpolate(logits[None], size=self.padded, mode="bilinear", align_corners=False)
        large = large[:, :, :height, :width]
        if self.resized != self.original:
            large = F.interpolate(large, size=self.original, mode="bilinear", align_corners=False)
        return large[0]

    def positive_in_picture(self, logits: Tensor) -> Tensor:
        """Where (h, w) logits are positive in the picture: (H, W) bool.

        The same as ``to_picture(logits[None])[0] > 0`` but for rounding; only around what is
        positive anything is computed.
        """
        mask = torch.zeros(self.original, dtype=torch.bool, device=logits.device)
        positive = logits > 0
        if not bool(positive.any()):
            return mask
        axes = zip(logits.shape, self.padded, self.resized, self.original, strict=True)
        rows, columns = (_stretch(*sizes).to(logits) for sizes in axes)
        high, wide = _reached(rows, positive.any(1)), _reached(columns, positive.any(0))
        mask[high, wide] = rows[:, high].t() @ logits @ columns[:, wide] > 0
        return mask


@lru_cache(maxsize=16)
def _stretch(cells: int, padded: int, resized: int, original: int) -> Tensor:
    """Weights (cells, original) of the two bilinear steps to the picture on one axis."""
    weights = F.interpolate(torch.eye(cells)[None], size=padded, mode="linear")[..., :resized]
    if resized != original:
        weights = F.interpolate(weights, size=original, mode="linear")
    return weights[0]


def _reached(weights: Tensor, cells: Tensor) -> slice:
    """The pixels of an axis that cells (bool) between the first and last set one reach."""
    first, last = cells.nonzero()[[0, -1], 0].tolist()
    pixels = (weights[first : last + 1] > 0).any(0).nonzero()[[0, -1], 0].tolist()
    return slice(pixels[0], pixels[1] + 1)
