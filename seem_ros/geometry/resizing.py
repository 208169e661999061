"""Correct the size of a box by what was learned about things whose back nobody sees.

A linear model gives for the numbers of describing.py, and their squares, the logarithms of the
factors of the two level extents; the height is measured well enough.
training/weights/box_sizes.py trains it on rendered things.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.describing import LENGTH, away_axes, away_direction
from seem_ros.resources import weights_path

LARGEST_FACTOR = 2.0
FARTHEST = 3.0
"""Numbers farther than so many spreads from their mean are taken as that far."""


@dataclass(frozen=True, eq=False)
class SizeModel:
    """What was learned.

    Attributes:
        mean, spread: (LENGTH,) of the numbers in training.
        weights: (2 LENGTH + 1, 2): of the numbers, of their squares, and the bias.

    """

    mean: np.ndarray
    spread: np.ndarray
    weights: np.ndarray

    @classmethod
    def load(cls, path: Path) -> SizeModel:
        """Read a safetensors file.

        Raises ValueError if it was made for other numbers, KeyError if it lacks a part.
        """
        parts = load_file(path)
        model = cls(*(parts[name].astype(np.float64) for name in cls.__dataclass_fields__))
        if model.mean.shape != (LENGTH,):
            raise ValueError(f"{path} is for {model.mean.size} numbers, not for {LENGTH}")
        return model

    def factors(self, numbers: np.ndarray) -> np.ndarray:
        """Return the (3,) factors for the extents of a box, given (LENGTH,) numbers.

        (N, LENGTH) numbers of N boxes give (N, 3); the last factor is 1.
        """
        limit = np.log(LARGEST_FACTOR)
        level = np.exp(np.clip(self.inputs(numbers) @ self.weights, -limit, limit))
        return np.concatenate([level, np.ones((*level.shape[:-1], 1))], -1)

    def inputs(self, numbers: np.ndarray) -> np.ndarray:
        """Return (..., 2 LENGTH + 1) what the weights are for, given (..., LENGTH) numbers."""
        known = np.clip((numbers - self.mean) / self.spread, -FARTHEST, FARTHEST)
        return np.concatenate([known, known**2, np.ones((*known.shape[:-1], 1))], -1)


@functools.cache
def size_model() -> SizeModel:
    """Return the model that comes with the package, read once."""
    return SizeModel.load(weights_path("box_sizes"))


def resize(box: OrientedBox, numbers: np.ndarray, model: SizeModel | None = None) -> OrientedBox:
    """Return an upright box with corrected extents.

    Along the view the side towards the camera stays, across it both sides move alike.

    Args:
        box: in the camera's optical frame, its z axis against gravity.
        numbers: (LENGTH,) of describing.describe for this box.
        model: by default the one that comes with the package.

    """
    factors = (model or size_model()).factors(numbers)
    grown = box.size * (factors - 1)
    axes = away_axes(box)
    along = (away_direction(box) @ axes) ** 2
    centre = box.centre + axes @ (along * grown / 2)
    axes, size = box.axes, box.size + grown
    if size[1] > size[0]:
        axes = np.stack([axes[:, 1], -axes[:, 0], axes[:, 2]], 1)
        size = size[[1, 0, 2]]
    return OrientedBox(centre, axes, size)
