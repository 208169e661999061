"""Learned corrections of boxes move the hidden side, and need a model of the same description."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.describing import LENGTH, away_axes
from seem_ros.geometry.resizing import SizeModel, resize, size_model

# z is up; the camera's optical axis is level, y points down.
AXES = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
BOX = OrientedBox(np.array([0.0, 0.05, 1.0]), AXES, np.array([0.2, 0.1, 0.15]))


def model(*factors):
    weights = np.zeros((2 * LENGTH + 1, 2))
    weights[-1] = np.log(factors)
    return SizeModel(np.zeros(LENGTH), np.ones(LENGTH), weights)


def sides(box, direction):
    """Return how far a box reaches in a direction, least and most, metres."""
    along = box.corners() @ np.asarray(direction, float)
    return along.min(), along.max()


def test_the_side_towards_the_camera_stays():
    box = resize(BOX, np.zeros(LENGTH), model(1.0, 1.5))
    assert box.size == pytest.approx([0.2, 0.15, 0.15])
    assert sides(box, [0, 0, 1]) == pytest.approx((0.95, 1.1))
    assert sides(box, [1, 0, 0]) == pytest.approx(sides(BOX, [1, 0, 0]))
    assert sides(box, [0, 1, 0]) == pytest.approx(sides(BOX, [0, 1, 0]))


def test_across_the_view_both_sides_move():
    box = resize(BOX, np.zeros(LENGTH), model(0.5, 1.0))
    assert sides(box, [1, 0, 0]) == pytest.approx((-0.05, 0.05))
    assert sides(box, [0, 0, 1]) == pytest.approx(sides(BOX, [0, 0, 1]))


def test_x_stays_the_longer_edge():
    box = resize(BOX, np.zeros(LENGTH), model(0.6, 1.8))
    assert box.size == pytest.approx([0.18, 0.12, 0.15])
    assert np.linalg.det(box.axes) == pytest.approx(1.0)
    assert sides(box, [0, 0, 1]) == pytest.approx((0.95, 1.13))


def test_no_box_more_than_doubles():
    assert resize(BOX, np.zeros(LENGTH), model(1.0, 9.0)).size[1] == pytest.approx(0.2)


def test_level_axes_point_away_from_the_camera():
    turned = OrientedBox(BOX.centre + [0.1, 0, 0], BOX.axes * [-1, -1, 1], BOX.size)
    assert np.all((turned.centre @ away_axes(turned))[:2] > 0)


def test_the_model_of_the_package_fits_the_description():
    factors = size_model().factors(size_model().mean)
    assert factors.shape == (3,)
    assert factors[2] == 1.0
    assert np.all(np.abs(np.log(factors)) < 0.1)


def test_a_model_of_other_numbers_is_refused(tmp_path):
    parts = {"mean": np.zeros(7), "spread": np.ones(7), "weights": np.zeros((15, 2))}
    save_file(parts, tmp_path / "old.safetensors")
    with pytest.raises(ValueError, match=f"7 numbers, not for {LENGTH}"):
        SizeModel.load(tmp_path / "old.safetensors")
