"""Sine encodings by their formula (DETR)."""

from __future__ import annotations

import math

import pytest
import torch

from seem_ros.model.position_encoding import sine_grid, sine_points


@pytest.mark.parametrize(("row", "column", "channel"), [(0, 0, 0), (1, 2, 3), (2, 3, 6)])
def test_grid_follows_the_formula(row: int, column: int, channel: int) -> None:
    height, width, dim = 3, 4, 8
    code = sine_grid(height, width, dim, torch.device("cpu"))[row * width + column]
    half = dim // 2
    y = (row + 1) / (height + 1e-6) * 2 * math.pi
    x = (column + 1) / (width + 1e-6) * 2 * math.pi
    place, index = (y, channel) if channel < half else (x, channel - half)
    angle = place / 10000 ** (2 * (index // 2) / half)
    expected = math.cos(angle) if index % 2 else math.sin(angle)
    assert code[channel].item() == pytest.approx(expected, abs=1e-6)


def test_a_point_at_a_cells_end_has_the_cells_code() -> None:
    grid = sine_grid(4, 4, 16, torch.device("cpu")).view(4, 4, 16)
    point = sine_points(torch.tensor([[3 / 4, 2 / 4]]), 16)
    torch.testing.assert_close(point[0], grid[2, 1], atol=1e-5, rtol=1e-5)
