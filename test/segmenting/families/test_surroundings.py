"""Windows hold the evidence with a margin and stay inside the picture."""

from __future__ import annotations

import numpy as np
import torch

from seem_ros.segmenting.families.surroundings import window_around

NORMS = torch.zeros(2, 4, 2)


def evidence(rows: slice, columns: slice) -> np.ndarray:
    cells = np.zeros((96, 128), bool)
    cells[rows, columns] = True
    return cells


def test_a_small_object_gets_a_small_window_around_it() -> None:
    window = window_around(evidence(slice(40, 52), slice(60, 72)), NORMS)
    assert (window.rows, window.columns) == (8, 8)
    assert window.row * 4 <= 32
    assert (window.row + window.rows) * 4 >= 60
    assert window.column * 4 <= 52
    assert (window.column + window.columns) * 4 >= 80
    assert window.norms is NORMS


def test_a_window_stays_inside_the_picture() -> None:
    window = window_around(evidence(slice(88, 96), slice(0, 8)), NORMS)
    assert (window.row + window.rows, window.column) == (24, 0)


def test_everything_is_looked_at_for_large_objects_and_without_evidence() -> None:
    assert window_around(evidence(slice(10, 90), slice(10, 120)), NORMS) is None
    assert window_around(np.zeros((96, 128), bool), NORMS) is None
