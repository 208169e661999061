"""A camera_info of any numbers becomes a camera that can be used, or is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("hypothesis", reason="needs hypothesis")
pytest.importorskip("sensor_msgs.msg", reason="needs the ROS messages")

from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from seem_ros.geometry.camera import CameraError, CameraModel
from seem_ros.ros.space.camera_info import CameraInfoCache

NUMBERS = st.floats() | st.sampled_from([0.0, 1.0, 300.0, -300.0, 1e-300, 1e300])
SIDES = st.integers(0, 32) | st.integers(0, 2**32 - 1)
MODELS = st.text(max_size=10) | st.sampled_from(
    ["plumb_bob", "rational_polynomial", "equidistant", "fisheye", "thin_prism"]
)


@st.composite
def camera_infos(draw) -> CameraInfo:
    """Draw a camera_info: nonsense, or a calibration with something wrong in it."""
    info = CameraInfo(width=draw(SIDES), height=draw(SIDES))
    usual = [300.0, 0.0, 16.0, 0.0, 300.0, 12.0, 0.0, 0.0, 1.0]
    info.k = draw(st.just(usual) | st.lists(NUMBERS, min_size=9, max_size=9))
    info.p = draw(st.lists(NUMBERS, min_size=12, max_size=12))
    info.d = draw(st.lists(NUMBERS, max_size=14) | st.lists(st.floats(-1, 1), max_size=14))
    info.distortion_model = draw(MODELS)
    info.binning_x, info.binning_y = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    region = st.integers(0, 40)
    info.roi = RegionOfInterest(
        x_offset=draw(region), y_offset=draw(region), width=draw(region), height=draw(region)
    )
    return info


@given(info=camera_infos(), rectified=st.booleans(), seen=st.none() | st.tuples(SIDES, SIDES))
def test_a_camera_can_be_used_or_is_refused(info, rectified, seen):
    cache = CameraInfoCache("/camera_info")
    cache.add(info)
    width, height = seen or (info.width, info.height)
    try:
        camera = cache.camera(width, height, rectified)
    except CameraError as error:
        assert str(error)
        return
    assert (camera.width, camera.height) == (width, height)
    assert camera.fx > 0
    assert camera.fy > 0
    _use(camera)


def _use(camera: CameraModel) -> None:
    """Do what the node does with a camera: points to pixels, pixels to points."""
    points = np.array([[0.0, 0.0, 1.0], [0.1, -0.2, 0.5], [np.nan, 0.0, 1.0], [0.0, 0.0, -1.0]])
    pixels, valid = camera.project(points)
    assert pixels.shape == (4, 2)
    assert not valid[2:].any()
    assert np.isnan(pixels[~valid]).all()
    corners = np.array([[0.0, 0.0], [camera.width - 1.0, camera.height - 1.0]])
    assert camera.unproject(corners, np.ones(2)).shape == (2, 3)
    if camera.width * camera.height < 4096:
        assert camera.ray_table.shape == (camera.height, camera.width, 2)
