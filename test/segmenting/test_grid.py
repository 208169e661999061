"""Grids: pixels and cells belong together both ways, and masks come back to their place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.model.config import InputConfig
from seem_ros.model.preprocess import Geometry, plan, prepare_mask
from seem_ros.segmenting.grid import Grid

WIDE = Grid((480, 640), (384, 512), (384, 512))  # a cell is 5 pixels
ODD = Grid((120, 213), (72, 127), (96, 128))


@pytest.mark.parametrize("grid", [WIDE, ODD])
def test_places_come_back(grid: Grid) -> None:
    points = [(0.0, 0.0), (17.25, 90.5), (grid.original[1], grid.original[0])]
    np.testing.assert_allclose(grid.to_pixels(grid.to_cells(points)), points, atol=1e-9)


def test_cells_count_the_padding_and_those_shown_do_not() -> None:
    assert (WIDE.cells, WIDE.shown) == ((96, 128), (96, 128))
    assert (ODD.cells, ODD.shown) == ((24, 32), (18, 32))
    np.testing.assert_allclose(WIDE.to_cells([(5.0, 10.0)]), [[1.0, 2.0]])
    assert WIDE.pixels_per_cell == (5.0, 5.0)
    assert Grid.of(Geometry((120, 213), (72, 127), (96, 128))) == ODD


def test_cover_is_the_share_of_a_cell() -> None:
    mask = np.zeros((480, 640), bool)
    mask[5:10, 20:22] = True
    cover = WIDE.cover(mask)
    assert cover.shape == (96, 128)
    assert cover[1, 4] == pytest.approx(0.4)
    assert cover.sum() == pytest.approx(0.4)


def test_masks_come_back_where_they_were():
    grid = Grid.of(plan(480, 640, InputConfig()))
    mask = np.zeros((480, 640), bool)
    mask[100:300, 200:500] = True
    small = torch.nn.functional.interpolate(
        prepare_mask(mask, grid)[None, None].float(), size=(128, 176), mode="area"
    )
    back = grid.to_picture(small[0] - 0.5)[0].numpy() > 0
    assert (back & mask).sum() / (back | mask).sum() > 0.97


@pytest.mark.parametrize(
    "grid",
    [WIDE, ODD, Grid((64, 96), (64, 96), (64, 96))],
)
def test_masks_in_the_original_are_the_same_as_from_all_logits(grid: Grid) -> None:
    generator = torch.Generator().manual_seed(1)
    rough = torch.randn(3, 1, 5, 7, generator=generator)
    logits = torch.nn.functional.interpolate(rough, size=grid.cells, mode="bicubic")[:, 0]
    logits[2] = -1.0
    masks = torch.stack([grid.positive_in_picture(row) for row in logits])
    different = masks != (grid.to_picture(logits) > 0)
    assert different.sum() <= 2  # rounding at exactly zero
    assert masks[0].any()
    assert not masks[2].any()
