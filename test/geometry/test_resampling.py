"""Depth of another resolution is looked up along the rays of the colour camera."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.depth import DepthError
from seem_ros.geometry.resampling import DepthSampler

COLOUR = CameraModel.raw(320, 240, [[300, 0, 159.5], [0, 300, 119.5], [0, 0, 1]])


def rays_of(camera: CameraModel) -> np.ndarray:
    return camera.ray_table


def plane_seen_by(camera: CameraModel) -> np.ndarray:
    """Return the depth of the plane x/2 - y/3 + z = 2 m, as a camera sees it."""
    x, y = np.moveaxis(rays_of(camera), -1, 0)
    return (2.0 / (0.5 * x - y / 3.0 + 1.0)).astype(np.float32)


@pytest.mark.parametrize(
    ("width", "height", "focal"), [(160, 120, 150.0), (640, 480, 600.0), (640, 360, 500.0)]
)
def test_each_pixel_gets_the_depth_of_its_own_ray(width, height, focal):
    k = [[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]]
    camera = CameraModel.raw(width, height, k)
    found = DepthSampler(COLOUR, camera)(plane_seen_by(camera))
    expected = plane_seen_by(COLOUR)
    known = np.isfinite(found)
    assert known[20:220, 10:310].all()
    np.testing.assert_allclose(found[known], expected[known], rtol=0.75 / focal)


def test_a_lens_that_bends_is_followed():
    k = [[150, 0, 79.5], [0, 150, 59.5], [0, 0, 1]]
    camera = CameraModel.raw(160, 120, k, "plumb_bob", [-0.2, 0.05, 0.0, 0.0, 0.0])
    found = DepthSampler(COLOUR, camera)(plane_seen_by(camera))
    known = np.isfinite(found)
    assert known.mean() > 0.95
    np.testing.assert_allclose(found[known], plane_seen_by(COLOUR)[known], rtol=0.01)


def test_what_the_depth_camera_does_not_see_is_unknown():
    k = [[600, 0, 159.5], [0, 600, 119.5], [0, 0, 1]]
    narrow = CameraModel.raw(320, 240, k)
    found = DepthSampler(COLOUR, narrow)(np.ones((240, 320), np.float32))
    rows, columns = np.nonzero(np.isfinite(found))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (60, 179, 80, 239)


def test_depth_of_yet_another_size_is_refused():
    with pytest.raises(DepthError, match="depth is 10x20 but depth_info is for 320x240"):
        DepthSampler(COLOUR, COLOUR)(np.ones((20, 10), np.float32))
