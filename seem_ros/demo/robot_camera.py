"""The camera of the demo's robot: colour, registered depth, calibration, and its pose on TF."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from seem_ros.demo.footage import DemoImage
from seem_ros.geometry.boxes3d import quaternion_from_matrix
from seem_ros.ros.messages import images

if TYPE_CHECKING:
    from rclpy.type_support import Msg

CAMERA_FRAME = "camera_color_optical_frame"
WORLD_FRAME = "world"


def tf_is_installed() -> bool:
    """Say whether poses can be sent and looked up; the ROS wheels come without tf2_ros."""
    try:
        import tf2_ros  # noqa: F401
    except ImportError:
        return False
    return True


class RobotCamera:
    """Publishes images on a node as a camera driver would."""

    def __init__(
        self,
        node: Node,
        image_topic: str,
        quality: QoSProfile,
        on_message: Callable[[str, Msg], None] = lambda topic, message: None,
    ) -> None:
        """Create the publishers.

        Args:
            node: of the publishers.
            image_topic: of the colours; the others are `depth` and `camera_info`.
            quality: of all topics.
            on_message: takes (topic, message) of what is sent beside the colours.

        """
        self._on_message = on_message
        self._image = node.create_publisher(Image, image_topic, quality)
        self._depth = node.create_publisher(Image, "depth", quality)
        self._info = node.create_publisher(CameraInfo, "camera_info", quality)
        self._broadcaster = None
        if tf_is_installed():
            from tf2_ros import TransformBroadcaster

            self._broadcaster = TransformBroadcaster(node)

    @property
    def is_watched(self) -> bool:
        """Whether somebody receives the colours."""
        return bool(self._image.get_subscription_count())

    def send_surroundings(
        self, image: DemoImage, header: Header, intrinsics: np.ndarray | None
    ) -> None:
        """Publish what is known beside the colours: the camera's pose, calibration, depth."""
        if self._broadcaster is not None and image.world_from_optical is not None:
            self._broadcaster.sendTransform(pose_message(header, image.world_from_optical))
        if intrinsics is not None:
            self._send("camera_info", self._info, camera_info(header, image, intrinsics))
        if image.depth_mm is not None:
            self._send("depth", self._depth, depth_message(header, image.depth_mm))

    def send_colours(self, image: DemoImage, header: Header) -> None:
        """Publish the colours."""
        self._image.publish(images.image_message(image.rgb, "rgb8", header))

    def _send(self, topic: str, publisher: Publisher, message: Msg) -> None:
        publisher.publish(message)
        self._on_message(topic, message)


def pose_message(header: Header, world_from_optical: np.ndarray) -> TransformStamped:
    """Return the (4, 4) pose of the optical frame in the world as a TransformStamped."""
    message = TransformStamped(child_frame_id=header.frame_id)
    message.header = Header(stamp=header.stamp, frame_id=WORLD_FRAME)
    place, turn = message.transform.translation, message.transform.rotation
    place.x, place.y, place.z = world_from_optical[:3, 3].tolist()
    turn.x, turn.y, turn.z, turn.w = quaternion_from_matrix(world_from_optical[:3, :3])
    return message


def camera_info(header: Header, image: DemoImage, intrinsics: np.ndarray) -> CameraInfo:
    """Return the CameraInfo of an undistorted image."""
    height, width = image.rgb.shape[:2]
    info = CameraInfo(header=header, height=height, width=width, distortion_model="plumb_bob")
    info.d = [0.0] * 5
    info.k = intrinsics.ravel().tolist()
    info.r = np.eye(3).ravel().tolist()
    info.p = np.hstack([intrinsics, np.zeros((3, 1))]).ravel().tolist()
    return info


def depth_message(header: Header, depth_mm: np.ndarray) -> Image:
    """Return (H, W) uint16 millimetres as a 16UC1 image."""
    message = images.image_message(depth_mm, "mono16", header)
    message.encoding = "16UC1"
    return message
