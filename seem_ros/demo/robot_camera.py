"""The camera of the demo's robot: colour, registered depth, calibration, and its pose on TF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from seem_ros.demo.footage import Picture
from seem_ros.ros.messages import images
from seem_ros.ros.node import qos
from seem_ros.ros.tools.clip_camera import camera_info, depth_message, pose_message


def tf_is_installed() -> bool:
    """Say whether poses can be sent and looked up; the ROS wheels come without tf2_ros."""
    try:
        import tf2_ros  # noqa: F401
    except ImportError:
        return False
    return True


class RobotCamera:
    """Publishes pictures on a node as a camera driver would."""

    def __init__(self, node: Node, on_message: Callable[[str, Any], None]) -> None:
        """Create the publishers; `on_message` takes (topic, message) of what is sent."""
        self._on_message = on_message
        self._image = node.create_publisher(Image, "image", qos.reliable(2))
        self._depth = node.create_publisher(Image, "depth", qos.reliable(2))
        self._info = node.create_publisher(CameraInfo, "camera_info", qos.reliable(2))
        self._broadcaster: Any = None
        if tf_is_installed():
            from tf2_ros import TransformBroadcaster

            self._broadcaster = TransformBroadcaster(node)

    @property
    def is_watched(self) -> bool:
        """Whether somebody receives the images."""
        return bool(self._image.get_subscription_count())

    def send_surroundings(
        self, picture: Picture, header: Header, intrinsics: np.ndarray | None
    ) -> None:
        """Publish what is known beside the colours: calibration, depth, the camera's pose."""
        if intrinsics is not None:
            self._send("camera_info", self._info, camera_info(header, picture, intrinsics))
        if picture.depth_mm is not None:
            self._send("depth", self._depth, depth_message(header, picture.depth_mm))
        if self._broadcaster is not None and picture.world_from_optical is not None:
            pose = pose_message(header, picture.world_from_optical)
            self._broadcaster.sendTransform(pose)
        jpeg = images.compressed_message(picture.rgb, header, jpeg_quality=90)
        self._on_message("image/compressed", jpeg)

    def send_image(self, picture: Picture, header: Header) -> None:
        """Publish the colours; recorded as JPEG with the surroundings, for size."""
        self._image.publish(images.image_message(picture.rgb, "rgb8", header))

    def _send(self, topic: str, publisher: Any, message: Any) -> None:
        publisher.publish(message)
        self._on_message(topic, message)
