"""CameraInfo messages become camera models, or say why not."""

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs the ROS messages")

from seem_ros.geometry.camera import CameraError
from seem_ros.ros.space.camera_info import CameraInfoCache, camera_from_info
from support import robot_camera

POINT = np.array([[0.2, -0.1, 1.5]])


def test_raw_images_use_k_and_d():
    info = robot_camera.camera_info()
    info.d = [-0.2, 0.05, 0.001, -0.002, 0.0]
    camera = camera_from_info(info, rectified=False)
    straight = camera_from_info(robot_camera.camera_info(), rectified=False)
    assert not np.allclose(camera.project(POINT)[0], straight.project(POINT)[0], atol=0.1)
    assert np.allclose(straight.project(POINT)[0], robot_camera.CAMERA.project(POINT)[0])


def test_rectified_images_use_p():
    info = robot_camera.camera_info()
    info.d = [-0.2, 0.05, 0.001, -0.002, 0.0]
    info.p = [250.0, 0, 150, 0, 0, 250, 110, 0, 0, 0, 1, 0]
    pixels = camera_from_info(info, rectified=True).project(POINT)[0][0]
    assert np.allclose(pixels, [150 + 250 * 0.2 / 1.5, 110 - 250 * 0.1 / 1.5])


def test_a_driver_that_has_binned_size_and_k_already_is_understood():
    info = robot_camera.camera_info()
    expected = camera_from_info(info, rectified=False).project(POINT)
    info.binning_x = info.binning_y = 2
    cache = CameraInfoCache("/camera_info")
    cache.add(info)
    camera = cache.camera(info.width, info.height, rectified=False)
    assert (camera.width, camera.height) == (info.width, info.height)
    assert np.allclose(camera.project(POINT)[0], expected[0])
    halved = cache.camera(info.width // 2, info.height // 2, rectified=False)
    assert np.allclose(halved.project(POINT)[0], expected[0] / 2)


def test_region_of_interest_and_binning_move_the_pixels():
    info = robot_camera.camera_info()
    full = camera_from_info(info, rectified=False).project(POINT)[0][0]
    info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 40, 20, 200, 160
    info.binning_x = info.binning_y = 2
    camera = camera_from_info(info, rectified=False)
    assert (camera.width, camera.height) == (100, 80)
    assert np.allclose(camera.project(POINT)[0][0], (full - (40, 20)) / 2)


@pytest.mark.parametrize("rectified", [True, False])
def test_all_zeros_are_no_calibration(rectified):
    info = robot_camera.camera_info(k=np.zeros((3, 3)))
    with pytest.raises(CameraError, match="camera_info cannot be used, .*not calibrated"):
        camera_from_info(info, rectified)


def test_unknown_lens_is_named():
    info = robot_camera.camera_info()
    info.distortion_model, info.d = "omni", [0.1] * 4
    with pytest.raises(CameraError, match="'omni' is unknown"):
        camera_from_info(info, rectified=False)


def test_cache_says_what_is_missing():
    cache = CameraInfoCache("/front/camera_info")
    with pytest.raises(CameraError, match="no camera_info has come on /front/camera_info"):
        cache.camera(320, 240, rectified=False)
    cache.add(robot_camera.camera_info())
    with pytest.raises(CameraError, match="is for 320x240 images, but the image is 640x480"):
        cache.camera(640, 480, rectified=False)


def test_model_is_kept_until_the_calibration_changes():
    cache = CameraInfoCache("/camera_info")
    cache.add(robot_camera.camera_info())
    first = cache.camera(320, 240, rectified=False)
    cache.add(robot_camera.camera_info())
    assert cache.camera(320, 240, rectified=False) is first
    assert cache.camera(320, 240, rectified=True) is not first
    changed = robot_camera.camera_info(k=robot_camera.K * [[1.1], [1.1], [1]])
    cache.add(changed)
    assert cache.camera(320, 240, rectified=False).fx == pytest.approx(330.0)
