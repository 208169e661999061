"""Boxes of known things come out as they are."""

import numpy as np
import pytest

from seem_ros.geometry.boxes3d import (
    OrientedBox,
    fit_box,
    matrix_from_quaternion,
    quaternion_from_matrix,
)


def turn(axis, degrees):
    half = np.radians(degrees) / 2
    x, y, z = np.sin(half) * np.asarray(axis, float) / np.linalg.norm(axis)
    return matrix_from_quaternion(x, y, z, np.cos(half))


def solid(size, rng, count=20000):
    """Return points on the six faces of a box about the origin."""
    points = rng.uniform(-0.5, 0.5, (count, 3))
    points[np.arange(count), rng.integers(0, 3, count)] = rng.choice([-0.5, 0.5], count)
    return points * size


@pytest.mark.parametrize("seed", range(10))
def test_upright_box_of_a_turned_thing(seed):
    rng = np.random.default_rng(seed)
    size = np.array([rng.uniform(0.15, 0.3), rng.uniform(0.05, 0.12), rng.uniform(0.03, 0.4)])
    camera_tilt = turn(rng.normal(size=3), rng.uniform(0, 180))
    yaw = turn((0, 0, 1), rng.uniform(0, 360))
    centre = rng.uniform(-1, 1, 3)
    box = fit_box(solid(size, rng) @ (camera_tilt @ yaw).T + centre, up=camera_tilt[:, 2])
    assert np.allclose(box.centre, centre, atol=2e-3)
    assert np.allclose(box.size, size, rtol=0.03)
    assert np.allclose(box.axes[:, 2], camera_tilt[:, 2])
    assert abs(box.axes[:, 0] @ (camera_tilt @ yaw)[:, 0]) > 0.999
    assert np.linalg.det(box.axes) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(10))
def test_free_box_of_a_turned_thing(seed):
    rng = np.random.default_rng(seed)
    size = np.array([0.3, 0.14, 0.06])
    rotation = turn(rng.normal(size=3), rng.uniform(0, 180))
    box = fit_box(solid(size, rng) @ rotation.T)
    assert np.allclose(sorted(box.size), sorted(size), rtol=0.04)
    assert np.allclose(box.centre, 0, atol=3e-3)
    assert np.linalg.det(box.axes) == pytest.approx(1.0)


def test_outliers_do_not_stretch_the_box():
    rng = np.random.default_rng(0)
    points = solid(np.array([0.2, 0.1, 0.1]), rng)
    points[:40] = rng.uniform(-2, 2, (40, 3))
    box = fit_box(points, up=np.array([0, 0, 1.0]), trim=0.005)
    assert np.allclose(box.size, [0.2, 0.1, 0.1], rtol=0.06)


def test_noise_widens_the_box_by_little():
    rng = np.random.default_rng(0)
    points = solid(np.array([0.2, 0.1, 0.1]), rng)
    noisy = points + rng.normal(0, 0.002, points.shape)
    box = fit_box(noisy, up=np.array([0, 0, 1.0]), trim=0.005)
    assert np.allclose(box.size, [0.2, 0.1, 0.1], atol=4 * 0.002)
    assert np.allclose(box.centre, 0, atol=2e-3)


def test_one_point_and_a_line_make_a_box():
    box = fit_box(np.array([[1.0, 2.0, 3.0]]))
    assert np.allclose(box.centre, [1, 2, 3])
    assert np.allclose(box.size, 0)
    line = np.linspace(0, 1, 1000)[:, None] * np.array([1.0, 0, 0])
    box = fit_box(line, up=np.array([0, 0, 1.0]))
    assert box.size[0] == pytest.approx(0.99, abs=0.01)
    assert box.size[1:].max() < 1e-3


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least one point"):
        fit_box(np.empty((0, 3)))
    with pytest.raises(ValueError, match="no length"):
        fit_box(np.ones((5, 3)), up=np.zeros(3))
    with pytest.raises(ValueError, match="no direction"):
        matrix_from_quaternion(0, 0, 0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_quaternion_round_trip(seed):
    rng = np.random.default_rng(seed)
    # 0 and 180 degrees are where the trace formula fails.
    rotation = turn(rng.normal(size=3), (0, 180, rng.uniform(0, 360))[seed % 3])
    x, y, z, w = quaternion_from_matrix(rotation)
    assert np.hypot(np.hypot(x, y), np.hypot(z, w)) == pytest.approx(1)
    assert w >= 0
    assert np.allclose(matrix_from_quaternion(x, y, z, w), rotation, atol=1e-9)


def test_corners_and_moving_agree():
    box = OrientedBox(np.array([1.0, 0, 0]), turn((0, 0, 1), 90), np.array([2.0, 4.0, 6.0]))
    corners = box.corners()
    assert np.allclose(corners[0], [1 + 2, -1, -3])
    assert np.allclose(corners.min(0), [-1, -1, -3])
    assert np.allclose(corners.max(0), [3, 1, 3])
    rotation, shift = turn((1, 2, 3), 77), np.array([0.3, -0.1, 2])
    assert np.allclose(box.moved(rotation, shift).corners(), corners @ rotation.T + shift)
