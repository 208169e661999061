"""Depth is matched to the image by stamp, also when the model is slow."""

import threading

import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs the ROS messages")

from seem_ros.geometry.depth import DepthError
from seem_ros.ros.space.depth_sync import KEPT, DepthSync
from support.robot_camera import depth_image, depth_message, header

DEPTH = depth_image()
SLOP_S = 0.02
IMAGE = header(10.0)


def filled(*stamps_s):
    sync = DepthSync("/depth")
    for stamp_s in stamps_s:
        sync.add(depth_message(DEPTH, stamp_s))
    return sync


def stamp_of(message):
    return message.header.stamp.sec + message.header.stamp.nanosec / 1e9


def test_nearest_stamp_wins():
    sync = filled(9.97, 10.004, 10.03)
    sync.begin(IMAGE)
    assert stamp_of(sync.match(IMAGE, SLOP_S)) == pytest.approx(10.004)


def test_depth_that_comes_while_the_model_works_is_used():
    sync = filled(9.97)
    sync.begin(IMAGE)
    sync.add(depth_message(DEPTH, 10.0))
    for later in range(3 * KEPT):
        sync.add(depth_message(DEPTH, 10.03 + later / 30))
    assert stamp_of(sync.match(IMAGE, SLOP_S)) == pytest.approx(10.0)


def test_depth_on_its_way_is_waited_for():
    sync = filled(9.97)
    sync.begin(IMAGE)
    late = threading.Timer(0.05, lambda: sync.add(depth_message(DEPTH, 10.001)))
    late.start()
    assert stamp_of(sync.match(IMAGE, SLOP_S, wait_s=5.0)) == pytest.approx(10.001)
    late.join()


def test_other_times_are_refused_with_the_gap():
    sync = filled(9.9)
    sync.begin(IMAGE)
    with pytest.raises(DepthError, match="within 0.02 s .* 0.100 s earlier.*depth_sync_slop"):
        sync.match(IMAGE, SLOP_S)
    sync = filled(10.5)
    sync.begin(IMAGE)
    with pytest.raises(DepthError, match="0.500 s later"):
        sync.match(IMAGE, SLOP_S, wait_s=5.0)


def test_no_depth_at_all_is_said_with_the_topic():
    sync = DepthSync("/front/depth")
    sync.begin(IMAGE)
    with pytest.raises(DepthError, match="no depth image has come on /front/depth"):
        sync.match(IMAGE, SLOP_S, wait_s=5.0)


def test_unregistered_depth_is_refused():
    sync = DepthSync("/depth")
    sync.add(depth_message(DEPTH, 10.0, "camera_depth_optical_frame"))
    sync.begin(IMAGE)
    with pytest.raises(DepthError, match="'camera_depth_optical_frame'.*registered"):
        sync.match(IMAGE, SLOP_S)


def test_the_image_before_keeps_its_depth_while_the_next_one_is_worked_on():
    sync, following = filled(10.001), header(10.1)
    sync.begin(IMAGE)
    sync.begin(following)
    sync.add(depth_message(DEPTH, 10.0))
    sync.add(depth_message(DEPTH, 10.1))
    assert stamp_of(sync.match(IMAGE, SLOP_S)) == pytest.approx(10.0)
    assert stamp_of(sync.match(following, SLOP_S)) == pytest.approx(10.1)
    sync.begin(header(10.2))
    with pytest.raises(DepthError):
        sync.match(IMAGE, SLOP_S)  # long published


def test_images_of_one_stamp_have_a_depth_each():
    sync, twin = filled(10.01), header(10.0)
    sync.begin(IMAGE)
    first = sync.match(IMAGE, SLOP_S)
    sync.add(depth_message(DEPTH, 10.0))
    sync.begin(twin)
    assert stamp_of(first) == pytest.approx(10.01)
    assert stamp_of(sync.match(twin, SLOP_S)) == pytest.approx(10.0)
