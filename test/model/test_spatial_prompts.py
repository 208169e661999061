"""Sampling features at points."""

from __future__ import annotations

import torch

from seem_ros.model.features import PointSet
from seem_ros.model.spatial_prompts import mean_by_object, sample


def _ramp(height: int, width: int) -> torch.Tensor:
    """(1, 2, h, w) map whose channels are the row and the column of each cell."""
    rows = torch.arange(height).float()[:, None].expand(height, width)
    columns = torch.arange(width).float()[None].expand(height, width)
    return torch.stack((rows, columns))[None]


def test_cell_centres_give_the_cells_values() -> None:
    yx = torch.tensor([[[(2 + 0.5) / 4, (3 + 0.5) / 8]]])
    values = sample(_ramp(4, 8), yx, align_corners=False)
    torch.testing.assert_close(values[0, 0], torch.tensor([2.0, 3.0]), atol=1e-5, rtol=0)


def test_official_geometry_spans_from_the_first_to_the_last_cell() -> None:
    yx = torch.tensor([[[0.0, 0.0], [1.0, 1.0], [0.5, 0.25]]])
    values = sample(_ramp(5, 9), yx, align_corners=True)
    expected = torch.tensor([[0.0, 0.0], [4.0, 8.0], [2.0, 2.0]])
    torch.testing.assert_close(values[0], expected, atol=1e-5, rtol=0)


def test_means_are_taken_per_object_and_sign() -> None:
    points = PointSet(
        yx=torch.zeros(1, 4, 2),
        positive=torch.tensor([[True, True, True, False]]),
        valid=torch.tensor([[True, True, False, True]]),
        objects=torch.tensor([[0, 1, 1, 0]]),
        count=3,
    )
    values = torch.tensor([[[1.0], [2.0], [50.0], [8.0]]])
    positive = mean_by_object(values, points, sign=True, empty=-1.0)[0, :, 0]
    negative = mean_by_object(values, points, sign=False, empty=0.0)[0, :, 0]
    assert positive.tolist() == [1.0, 2.0, -1.0]
    assert negative.tolist() == [8.0, 0.0, 0.0]
