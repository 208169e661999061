"""Projection agrees with OpenCV's own, and comes back."""

import cv2
import numpy as np
import pytest

from seem_ros.geometry.camera import CameraError, CameraModel

K = np.array([[525.0, 0, 319.5], [0, 520.0, 239.5], [0, 0, 1]])


def random_k(rng):
    f = rng.uniform(300, 900)
    k = [[f, 0, rng.uniform(300, 340)], [0, f * rng.uniform(0.95, 1.05), rng.uniform(220, 260)]]
    return np.array([*k, [0, 0, 1]])


def random_brown(rng, count):
    scale = [0.15, 0.05, 2e-3, 2e-3, 0.02, 0.05, 0.02, 0.005, 1e-3, 1e-3, 1e-3, 1e-3]
    return rng.uniform(-1, 1, count) * scale[:count]


def points_in_view(rng, camera, count=400):
    pixels = rng.uniform((0, 0), (camera.width - 1, camera.height - 1), (count, 2))
    points = camera.unproject(pixels, rng.uniform(0.2, 8.0, count))
    return pixels, points


@pytest.mark.parametrize("seed", range(40))
def test_plumb_bob_and_rational_agree_with_opencv(seed):
    rng = np.random.default_rng(seed)
    k, d = random_k(rng), random_brown(rng, (4, 5, 8, 12)[seed % 4])
    camera = CameraModel.raw(640, 480, k, "rational_polynomial", d)
    points = rng.uniform((-0.5, -0.4, 1.0), (0.5, 0.4, 1.2), (300, 3)) * rng.uniform(0.3, 5)
    ours, valid = camera.project(points)
    theirs = cv2.projectPoints(points, np.zeros(3), np.zeros(3), k, d)[0][:, 0]
    assert valid.all()
    assert np.abs(ours - theirs).max() < 1e-3


@pytest.mark.parametrize("seed", range(40))
def test_fisheye_agrees_with_opencv(seed):
    rng = np.random.default_rng(100 + seed)
    k, d = random_k(rng), rng.uniform(-1, 1, 4) * (0.05, 0.02, 0.01, 0.003)
    camera = CameraModel.raw(640, 480, k, "equidistant", d)
    points = rng.uniform((-2, -2, 0.8), (2, 2, 3.0), (300, 3))
    ours, valid = camera.project(points)
    theirs = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), k, d)[0][:, 0]
    # 60 random lenses fold back somewhere: there the answer is "no pixel", never a wrong one.
    assert valid.mean() > 0.5
    assert np.abs(ours - theirs)[valid].max() < 1e-3


@pytest.mark.parametrize("model", ["", "plumb_bob", "rational_polynomial", "equidistant"])
@pytest.mark.parametrize("seed", range(10))
def test_round_trip_over_the_whole_image(model, seed):
    rng = np.random.default_rng(seed)
    d = {
        "": (),
        "plumb_bob": random_brown(rng, 5),
        "rational_polynomial": random_brown(rng, 8),
        "equidistant": rng.uniform(-1, 1, 4) * 0.02,
    }[model]
    camera = CameraModel.raw(640, 480, random_k(rng), model, d)
    pixels, points = points_in_view(rng, camera)
    back, valid = camera.project(points)
    known = np.isfinite(points).all(1)
    assert known.mean() > 0.95
    assert valid[known].all()
    assert np.abs(back - pixels)[known].max() < 1e-4


def test_behind_and_not_finite_points_have_no_pixel():
    camera = CameraModel.raw(640, 480, K)
    points = [[0, 0, -1.0], [0, 0, 0], [0, np.nan, 1], [np.inf, 0, 1], [0, 0, 1]]
    pixels, valid = camera.project(np.array(points))
    assert valid.tolist() == [False, False, False, False, True]
    assert np.isnan(pixels[:4]).all()
    assert pixels[4].tolist() == [319.5, 239.5]


def test_points_beyond_the_fold_of_the_lens_have_no_pixel():
    # With k1 = -0.4 the radial part turns back at r = 0.913, so a point at 65 degrees would
    # land inside the image.
    camera = CameraModel.raw(640, 480, K, "plumb_bob", (-0.4, 0, 0, 0, 0))
    far = np.array([[2.2, 0.0, 1.0]])
    wrong = cv2.projectPoints(far, np.zeros(3), np.zeros(3), K, np.array([-0.4, 0, 0, 0, 0]))[0]
    assert abs(wrong[0, 0, 0]) < 2000
    assert not camera.project(far)[1][0]
    assert camera.project(np.array([[0.8, 0.0, 1.0]]))[1][0]


def test_contains_is_the_area_of_the_pixels():
    camera = CameraModel.raw(640, 480, K)
    pixels = [[-0.4, 0], [-0.6, 0], [639.4, 479.4], [639.6, 0], [0, 479.6], [np.nan, 0]]
    assert camera.contains(np.array(pixels)).tolist() == [True, False, True, False, False, False]


def test_rectified_camera_uses_p_with_its_baseline():
    p = np.array([[500, 0, 320, -35.0], [0, 500, 240, 0], [0, 0, 1, 0]])
    camera = CameraModel.rectified(640, 480, p)
    point = np.array([0.3, -0.2, 1.4])
    expected = p @ [*point, 1]
    pixels, _ = camera.project(point[None])
    assert np.allclose(pixels[0], expected[:2] / expected[2])
    assert np.allclose(camera.unproject(pixels, np.array([1.4]))[0], point)


def test_ray_table_holds_every_pixel():
    camera = CameraModel.raw(64, 48, K * [[0.1], [0.1], [1]], "plumb_bob", (-0.1, 0.02, 0, 0, 0))
    assert camera.ray_table.shape == (48, 64, 2)
    assert np.allclose(camera.ray_table[30, 50], camera.rays(np.array([[50, 30]]))[0], atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((640, 480, np.zeros(9)), "not calibrated"),
        ((640, 480, np.full(9, np.nan)), "not finite"),
        ((0, 480, K), "empty"),
        ((640, 480, K, "plumb_bob", (0.1, 0.2, 0.3)), "4, 5, 8 or 12"),
        ((640, 480, K, "equidistant", (0.1, 0.2, 0.3)), "needs 4"),
        ((640, 480, K, "plumb_bob", (np.nan, 0, 0, 0)), "not all finite"),
        ((640, 480, K, "rational_polynomial", (0.1,) * 14), "tilted"),
        ((640, 480, K, "omnidirectional", (0.1,) * 4), "'omnidirectional' is unknown"),
    ],
)
def test_unusable_calibrations_are_refused_with_the_reason(arguments, words):
    with pytest.raises(CameraError, match=words):
        CameraModel.raw(*arguments)


def test_no_distortion_under_any_name():
    point = np.array([[0.2, 0.1, 1.0]])
    for model in ("", "plumb_bob", "none"):
        camera = CameraModel.raw(640, 480, K, model, np.zeros(5))
        assert np.allclose(camera.project(point)[0], [[424.5, 291.5]])
