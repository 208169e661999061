"""Enlarging a part of a grid gives what enlarging all of it gives there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from seem_ros.tracking.enlarging import Enlarged


@pytest.mark.parametrize("size", [(60, 100), (67, 113)])
def test_it_equals_resizing_everything(size) -> None:
    values = np.random.default_rng(0).normal(size=(12, 20)).astype(np.float32)
    cells = np.zeros((12, 20), bool)
    cells[4:7, 9:15] = True
    view = Enlarged(cells, size)
    whole = cv2.resize(values, size[::-1])
    np.testing.assert_allclose(view.smooth(values), whole[view.region], atol=1e-4)
    reached = cv2.resize(cells.astype(np.float32), size[::-1]) > 0
    outside = reached.copy()
    outside[view.region] = False
    assert reached.any()
    assert not outside.any()


def test_each_pixel_gets_its_cell() -> None:
    values = np.arange(12).reshape(3, 4)
    view = Enlarged(np.ones((3, 4), bool), (6, 8))
    assert np.array_equal(view.nearest(values), values.repeat(2, 0).repeat(2, 1))


def test_no_cells_no_region() -> None:
    view = Enlarged(np.zeros((3, 4), bool), (6, 8))
    assert view.smooth(np.zeros((3, 4), np.float32)).size == 0
