"""Pictures whose features, and answers to what is pointed at, a test writes by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np
import torch

from seem_ros.model.features import ImageFeatures
from seem_ros.model.out_of_memory import Portions
from seem_ros.model.transfers import Downloads
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.finder import Word

Pointed = Callable[[Picture, Sequence[Evidence]], list[Match]]


def picture_of(
    rgb: np.ndarray,
    pointed: Pointed | None = None,
    features: ImageFeatures | None = None,
    **family: object,
) -> Picture:
    """A picture that is read as it is, pixel for pixel, by a family of what is given."""
    size = rgb.shape[:2]
    grid = Grid(size, size, size)
    if features is None:
        features = ImageFeatures(torch.zeros(1, 4, *grid.cells), [], size)
    return Picture(rgb, features, grid, _family(pointed, **family))


def _family(pointed: Pointed | None, **others: object) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "pointed": pointed,
            "example": None,
            "downloads": Downloads(),
            "portions": Portions(),
            **others,
        }
    )


def match_of(picture: Picture, logits: torch.Tensor) -> Match:
    """A sure match with these logits."""
    return Match(Mask(logits, picture.grid), 1.0, torch.zeros(8))


def word_of(meaning: torch.Tensor) -> Word:
    """A word of which only the meaning counts."""
    return Word("", meaning, torch.zeros(8), torch.zeros(0, 8))
