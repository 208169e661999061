"""Masks: enlarged once, exact where a patch is known, compared and cut on the grid."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.segmenting.crops import Crop
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.mask import Mask, Patch

GRID = Grid((64, 80), (64, 80), (64, 96))


def mask_of(rows: slice, columns: slice) -> Mask:
    logits = torch.full(GRID.cells, -2.0)
    logits[rows, columns] = 2.0
    return Mask(logits, GRID)


def everything() -> Mask:
    return mask_of(slice(None), slice(None))


def test_a_mask_has_the_pictures_size_and_is_enlarged_once(monkeypatch) -> None:
    calls = []
    working = Grid.positive_in_picture

    def counted(grid: Grid, logits: torch.Tensor) -> torch.Tensor:
        calls.append(logits)
        return working(grid, logits)

    monkeypatch.setattr(Grid, "positive_in_picture", counted)
    mask = mask_of(slice(4, 8), slice(4, 12))
    rows, columns = np.nonzero(mask.pixels)
    assert mask.pixels.shape == (64, 80)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 31, 16, 47)
    assert mask.enlarged is mask.pixels
    assert len(calls) == 1


def test_patches_replace_their_part_of_a_mask() -> None:
    logits = torch.full((8, 8), -1.0)
    logits[:, 4:] = 1.0
    whole = everything()
    pixels = whole.patched(Patch(Crop(10, 20, 26, 36), logits)).pixels
    assert not pixels[20:36, 10:17].any()
    assert pixels[20:36, 19:].all()
    assert pixels[:20].all()
    assert pixels[:, :10].all()
    assert whole.pixels.all(), "the mask itself stays"


def test_an_empty_patch_is_not_believed() -> None:
    patch = Patch(Crop(10, 20, 26, 36), torch.full((8, 8), -1.0))
    assert everything().patched(patch).pixels.all()


def test_overlap_is_the_share_of_the_smaller_mask() -> None:
    large, small = mask_of(slice(0, 4), slice(0, 8)), mask_of(slice(3, 5), slice(0, 4))
    nothing = mask_of(slice(0, 0), slice(0, 0))
    assert large.overlap(small) == small.overlap(large) == pytest.approx(0.5)
    assert large.overlap(nothing) == nothing.overlap(nothing) == 0
    assert large.iou(small) == pytest.approx(4 / 36)
    assert nothing.iou(nothing) == 0


def test_masks_are_cut_and_joined() -> None:
    large, small = mask_of(slice(0, 4), slice(0, 8)), mask_of(slice(3, 5), slice(0, 4))
    assert large.without(small).cell_count == 28
    assert large.joined(small).cell_count == 36


def test_the_score_is_the_mean_probability_inside() -> None:
    assert mask_of(slice(0, 4), slice(0, 8)).score == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert mask_of(slice(0, 0), slice(0, 0)).score == 0
