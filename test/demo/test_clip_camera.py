"""The clip plays as a camera: colour, depth and calibration of one stamp, and its true place."""

import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")

from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image

from seem_ros import resources
from seem_ros.demo.clip_camera import ClipCamera
from seem_ros.demo.footage import Clip
from seem_ros.demo.robot_camera import pose_message
from seem_ros.geometry.boxes3d import matrix_from_quaternion
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from seem_ros.ros.space.camera_info import camera_from_info

PATIENCE_S = 60.0


@pytest.fixture
def camera(ros):
    try:
        resources.demo_clip_dir()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    node = ClipCamera()
    yield node
    node.destroy_node()


def test_image_depth_and_calibration_belong_together(camera):
    reader = rclpy.create_node("clip_reader")
    kinds = {"image_raw": Image, "depth": Image, "camera_info": CameraInfo}
    received = {topic: {} for topic in kinds}
    for topic, kind in kinds.items():
        stamps = received[topic]
        reader.create_subscription(
            kind,
            topic,
            lambda message, stamps=stamps: stamps.update({str(message.header.stamp): message}),
            qos.newest(5),
        )
    executor = SingleThreadedExecutor()
    executor.add_node(camera)
    executor.add_node(reader)
    end = time.monotonic() + PATIENCE_S
    while not (common := set.intersection(*(set(stamps) for stamps in received.values()))):
        assert time.monotonic() < end, "no image with depth and calibration"
        executor.spin_once(timeout_sec=0.1)
    image, depth, info = (stamps[next(iter(common))] for stamps in received.values())
    executor.shutdown()
    reader.destroy_node()
    assert image.header == depth.header == info.header
    metres = images.to_depth(depth)
    assert images.to_rgb(image).shape[:2] == metres.shape
    assert 0.3 < np.nanmedian(metres) < 4.0
    model = camera_from_info(info, rectified=False)
    assert np.allclose([model.fx, model.cx], Clip().intrinsics[0, [0, 2]])


def test_the_pose_is_that_of_the_truth(camera):
    from std_msgs.msg import Header

    pose = Clip()[0].world_from_optical
    message = pose_message(Header(frame_id="optical"), pose)
    assert (message.header.frame_id, message.child_frame_id) == ("world", "optical")
    q, place = message.transform.rotation, message.transform.translation
    assert np.allclose(matrix_from_quaternion(q.x, q.y, q.z, q.w), pose[:3, :3], atol=1e-4)
    assert np.allclose([place.x, place.y, place.z], pose[:3, 3])
