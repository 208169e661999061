"""Clicks in space: the pixel that they mean, and why some mean none."""

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs rclpy")

from geometry_msgs.msg import PointStamped

from seem_ros.geometry.clicks import ClickRefusedError
from support import robot_camera as rig
from support.spatial_bench import metres, needs_tf, place_camera, send_tf, tf2_ros


def click(point, frame_id=rig.FRAME_ID):
    message = PointStamped(header=rig.header(99.0, frame_id))
    message.point.x, message.point.y, message.point.z = (float(value) for value in point)
    return message


def test_click_in_the_cameras_frame_needs_no_tf(robot):
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    u, v = robot.inputs.pixel(click(rig.plate_centre(1)), result)
    assert np.hypot(u - 69.5, v - 109.5) < 0.5


@pytest.mark.parametrize(
    ("point", "words"),
    [((0, 0, -1), "behind"), ((2, 0, 1), "outside the image"), ((-0.48, -0.05, 1.6), "hidden")],
)
def test_refused_clicks_say_why(robot, point, words):
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    with pytest.raises(ClickRefusedError, match=words):
        robot.inputs.pixel(click(point), result)


def test_click_without_camera_info_is_refused(robot):
    result = robot.sees()
    with pytest.raises(ClickRefusedError, match="cannot be placed: no camera_info"):
        robot.inputs.pixel(click((0, 0, 1)), result)


@pytest.mark.skipif(tf2_ros is not None, reason="tf2_ros is installed")
def test_without_tf2_other_frames_are_refused_with_that_reason(robot):
    result = robot.sees(rig.camera_info(), metres())
    with pytest.raises(ClickRefusedError, match="from 'map'.*tf2_ros is not installed"):
        robot.inputs.pixel(click((0, 0, 1), "map"), result)


@needs_tf
def test_click_in_another_frame_uses_the_images_time(robot):
    # The camera moves by 1 m a second: only the transform of 10.0 s puts the click right.
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    send_tf(robot, place_camera(9.0, 0.0), place_camera(11.0, 2.0))
    x, y, z = rig.plate_centre(2)
    u, v = robot.inputs.pixel(click((1.0 + z, -x, -y), "map"), result)
    expected = rig.CAMERA.project(rig.plate_centre(2)[None])[0][0]
    assert np.hypot(u - expected[0], v - expected[1]) < 0.5


@needs_tf
@pytest.mark.parametrize(
    ("stamps", "frame", "words"),
    [
        ((1.0, 2.0), "map", "no transform from 'map' .* at the image's time 10.0"),
        ((9.0, 11.0), "nowhere", "no transform from 'nowhere'"),
        ((9.0, 11.0), "", "frame_id is empty"),
    ],
)
def test_clicks_without_a_transform_are_refused(robot, stamps, frame, words):
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    send_tf(robot, *(place_camera(stamp_s, 0.0) for stamp_s in stamps))
    with pytest.raises(ClickRefusedError, match=words):
        robot.inputs.pixel(click((0, 0, 1), frame), result)
