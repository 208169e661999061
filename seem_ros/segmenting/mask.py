"""Mask: one object's outline, on the model's grid and in the picture.

Masks are kept on the CPU, whatever the device of the model: all that is asked of them would make
the host wait for the device once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.segmenting.crops import Crop
from seem_ros.segmenting.grid import Grid


@dataclass(frozen=True, eq=False)
class Patch:
    """Exact mask logits (S, S), on the CPU, of a part of the picture, scaled to a square."""

    crop: Crop
    logits: Tensor

    @property
    def enlarged(self) -> Tensor:
        """The logits at the part's size in the picture, (h, w)."""
        size = (self.crop.height, self.crop.width)
        return F.interpolate(self.logits[None, None], size=size, mode="bilinear")[0, 0]


@dataclass(frozen=True, eq=False)
class Mask:
    """Mask logits and all that follows from them, each computed once.

    Attributes:
        logits: (h, w) on the grid, on the CPU.
        grid: of the picture.
        patch: the part around the object made exact, None where nothing is.
    """

    logits: Tensor
    grid: Grid
    patch: Patch | None = None

    def patched(self, patch: Patch) -> Mask:
        """The same mask with a part made exact."""
        return replace(self, patch=patch)

    @cached_property
    def cells(self) -> Tensor:
        """(h, w) bool, the cells of the grid that belong to the object."""
        return self.logits > 0

    @cached_property
    def cell_count(self) -> int:
        """Cells that belong to the object; 0 for an empty mask."""
        return int(self.cells.sum())

    @cached_property
    def score(self) -> float:
        """Mean probability inside the mask (Mask2Former's mask score), 0 when it is empty."""
        return float(self.logits[self.cells].sigmoid().mean()) if self.cell_count else 0.0

    @cached_property
    def enlarged(self) -> np.ndarray:
        """(H, W) bool in the picture, by the logits alone."""
        return self.grid.positive_in_picture(self.logits).numpy()

    @cached_property
    def probabilities(self) -> np.ndarray:
        """(H, W) float32 in the picture, with its patch."""
        logits = self.grid.to_picture(self.logits[None])[0]
        if self.patch is not None:
            logits[self.patch.crop.pixels] = self.patch.enlarged
        return logits.sigmoid().numpy()

    @cached_property
    def pixels(self) -> np.ndarray:
        """(H, W) bool in the picture, with its patch unless that is empty."""
        if self.patch is None:
            return self.enlarged
        inside = self.patch.enlarged > 0
        if not bool(inside.any()):
            return self.enlarged
        pixels = self.enlarged.copy()
        pixels[self.patch.crop.pixels] = inside.numpy()
        return pixels

    def iou(self, other: Mask) -> float:
        """Intersection over union on the grid; 0 when both are empty."""
        shared = int((self.cells & other.cells).sum())
        return shared / max(1, self.cell_count + other.cell_count - shared)

    def overlap(self, other: Mask) -> float:
        """Share of the smaller of the two that lies in the other, 0..1."""
        smaller = min(self.cell_count, other.cell_count)
        return int((self.cells & other.cells).sum()) / smaller if smaller else 0.0

    def without(self, other: Mask) -> Mask:
        """This mask less another one."""
        return Mask(torch.where(other.cells, -self.logits.abs(), self.logits), self.grid)

    def joined(self, other: Mask) -> Mask:
        """Both masks as one."""
        return Mask(torch.maximum(self.logits, other.logits), self.grid)
