"""3-D clicks become pixels, or are refused with the reason."""

import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clicks import ClickRefusedError, locate_click

K = np.array([[525.0, 0, 319.5], [0, 525.0, 239.5], [0, 0, 1]])
CAMERA = CameraModel.raw(640, 480, K)
FISHEYE = CameraModel.raw(640, 480, K * [[0.5], [0.5], [1]], "equidistant", (0.02, -0.01, 0, 0))
BENT = CameraModel.raw(640, 480, K, "plumb_bob", (-0.25, 0.08, 1e-3, -1e-3, 0.01))


@pytest.mark.parametrize("camera", [CAMERA, FISHEYE, BENT])
def test_click_on_a_visible_point_comes_back_to_its_pixel(camera):
    rng = np.random.default_rng(3)
    pixels = rng.uniform((5, 5), (634, 474), (200, 2))
    pixels = pixels[np.isfinite(camera.rays(pixels)).all(1)]
    depth = np.full((480, 640), 1.7, np.float32)
    for pixel, point in zip(
        pixels, camera.unproject(pixels, np.full(len(pixels), 1.7)), strict=True
    ):
        assert np.abs(np.subtract(locate_click(point, camera, depth), pixel)).max() < 0.5


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ((0, 0, -1.0), "behind the camera"),
        ((0, 0, 0.0), "behind the camera"),
        ((np.nan, 0, 1.0), "not finite"),
        ((1.0, 0, 1.0), r"outside the image: it projects to pixel \(844, 240\) of 640x480"),
        ((0, -0.6, 1.0), "outside the image"),
    ],
)
def test_points_without_a_pixel_are_refused(point, words):
    with pytest.raises(ClickRefusedError, match=words):
        locate_click(np.array(point), CAMERA)


def test_points_beyond_the_lens_are_refused():
    with pytest.raises(ClickRefusedError, match="field of view"):
        locate_click(
            np.array([3.0, 0, 1.0]), CameraModel.raw(640, 480, K, "plumb_bob", (-0.4, 0, 0, 0))
        )


def test_hidden_points_are_refused_and_visible_ones_not():
    depth = np.full((480, 640), 1.0, np.float32)
    with pytest.raises(ClickRefusedError, match="hidden: it is 1.50 m away.* surface 1.00 m"):
        locate_click(np.array([0, 0, 1.5]), CAMERA, depth)
    assert locate_click(np.array([0, 0, 1.02]), CAMERA, depth) == (319.5, 239.5)
    assert locate_click(np.array([0, 0, 0.8]), CAMERA, depth) == (319.5, 239.5)


def test_a_hole_in_the_depth_hides_nothing():
    depth = np.full((480, 640), np.nan, np.float32)
    assert locate_click(np.array([0, 0, 1.5]), CAMERA, depth) == (319.5, 239.5)
