"""Cutting objects out of a depth image."""

import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.depth import DepthError

K = np.array([[500.0, 0, 160], [0, 500.0, 120], [0, 0, 1]])
CAMERA = CameraModel.raw(320, 240, K)


def plate_scene():
    """Return a plate of 100 x 80 px at 1 m before a wall at 2 m, and its mask."""
    depth = np.full((240, 320), 2.0, np.float32)
    mask = np.zeros((240, 320), bool)
    mask[80:160, 110:210] = True
    depth[mask] = 1.0
    return depth, mask


def test_points_lie_where_the_pixels_say():
    depth, mask = plate_scene()
    points = DepthFrame(CAMERA, depth).cut(mask)
    assert len(points) == mask.sum()
    assert points.xyz.dtype == np.float32
    u, v = points.columns, points.rows
    assert np.allclose(points.xyz[:, 0], (u - 160) / 500, atol=1e-6)
    assert np.allclose(points.xyz[:, 1], (v - 120) / 500, atol=1e-6)
    assert np.allclose(points.centroid(), [-0.001, -0.001, 1.0], atol=1e-6)


def test_the_box_of_the_mask_changes_nothing():
    depth, mask = plate_scene()
    frame = DepthFrame(CAMERA, depth)
    whole, boxed = frame.cut(mask), frame.cut(mask, (110, 80, 210, 160))
    assert np.array_equal(whole.xyz, boxed.xyz)
    assert np.array_equal(whole.rows, boxed.rows)


def test_background_under_a_mask_that_is_too_large_is_left_out():
    depth, mask = plate_scene()
    mask[75:165, 105:215] = True
    points = DepthFrame(CAMERA, depth).cut(mask)
    assert np.allclose(points.xyz[:, 2], 1.0)
    assert len(points) == 80 * 100


def test_holes_and_flying_pixels_are_left_out():
    depth, mask = plate_scene()
    depth[100:110, 120:130] = np.nan
    depth[80:160, 209] = 1.5
    points = DepthFrame(CAMERA, depth).cut(mask)
    assert np.allclose(points.xyz[:, 2], 1.0)
    assert len(points) == 80 * 99 - 100


def test_no_depth_under_the_mask_gives_no_points():
    depth, mask = plate_scene()
    depth[mask] = np.nan
    points = DepthFrame(CAMERA, depth).cut(mask)
    assert len(points) == 0
    assert np.isnan(points.centroid()).all()


def test_colours_are_those_of_the_pixels():
    depth, mask = plate_scene()
    rgb = np.zeros((240, 320, 3), np.uint8)
    rgb[..., 0] = np.arange(240)[:, None]
    points = DepthFrame(CAMERA, depth).cut(mask)
    assert np.array_equal(points.colours(rgb)[:, 0], points.rows)


def test_thinning_spreads_over_the_object():
    depth, mask = plate_scene()
    points = DepthFrame(CAMERA, depth).cut(mask)
    few = points.thinned(500)
    assert len(few) == 500
    assert np.allclose(few.centroid(), points.centroid(), atol=2e-3)
    assert points.thinned(10**6) is points


def test_a_rectified_camera_with_baseline_shifts_its_points():
    p = np.array([[500, 0, 160, -50.0], [0, 500, 120, 0], [0, 0, 1, 0]])
    depth, mask = plate_scene()
    points = DepthFrame(CameraModel.rectified(320, 240, p), depth).cut(mask)
    assert points.centroid()[0] == pytest.approx(-0.001 + 0.1, abs=1e-6)


def test_depth_of_another_size_is_refused():
    with pytest.raises(DepthError, match="depth is 160x120 but the colour camera is 320x240"):
        DepthFrame(CAMERA, np.ones((120, 160), np.float32))
