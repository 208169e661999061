"""Play a clip as a robot's camera: images, registered depth, calibration, and its pose on TF."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from seem_ros import resources
from seem_ros.demo.footage import Clip, Picture
from seem_ros.geometry.boxes3d import quaternion_from_matrix
from seem_ros.ros.messages import images
from seem_ros.ros.node import qos

CAMERA_FRAME = "camera_color_optical_frame"
WORLD_FRAME = "world"


class ClipCamera(Node):
    """Publishes `image_raw`, `camera_info`, `depth` and TF from those frames that have depth."""

    def __init__(self, **node_arguments: Any) -> None:
        """Open the clip (parameter `clip`: a folder; empty = the bundled one) and start to play.

        Raises:
            FileNotFoundError: the clip is not installed.

        """
        super().__init__("clip_camera", **node_arguments)
        rate = self.declare_parameter("rate", 5.0).value
        given = self.declare_parameter("clip", "").value
        folder = Path(given) if given else resources.demo_clip_dir()
        self._clip = Clip(folder)
        truth = json.loads((folder / "truth.json").read_text())["frames"]
        self._poses = [np.array(frame["world_from_optical"]) for frame in truth]
        self._image = self.create_publisher(Image, "image_raw", qos.newest())
        self._info = self.create_publisher(CameraInfo, "camera_info", qos.newest())
        self._depth = self.create_publisher(Image, "depth", qos.newest(5))
        self._broadcaster = self._make_broadcaster()
        with_depth = [at for at in range(len(self._clip)) if self._clip[at].depth_mm is not None]
        # There and back again, so that nothing jumps.
        self._order = itertools.cycle(with_depth + with_depth[-2:0:-1])
        self._timer = self.create_timer(1 / rate, self._show)

    def _make_broadcaster(self) -> Any:
        try:
            from tf2_ros import TransformBroadcaster
        except ImportError:
            self.get_logger().warning("tf2_ros is not installed: the camera's pose is not sent")
            return None
        return TransformBroadcaster(self)

    def _show(self) -> None:
        at = next(self._order)
        picture = self._clip[at]
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=CAMERA_FRAME)
        if self._broadcaster is not None:
            self._broadcaster.sendTransform(pose_message(header, self._poses[at]))
        self._info.publish(camera_info(header, picture, self._clip.intrinsics))
        self._depth.publish(depth_message(header, picture.depth_mm))
        self._image.publish(images.image_message(picture.rgb, "rgb8", header))


def pose_message(header: Header, world_from_optical: np.ndarray) -> TransformStamped:
    """Return the (4, 4) pose of the optical frame in the world as a TransformStamped."""
    message = TransformStamped(child_frame_id=header.frame_id)
    message.header = Header(stamp=header.stamp, frame_id=WORLD_FRAME)
    place, turn = message.transform.translation, message.transform.rotation
    place.x, place.y, place.z = world_from_optical[:3, 3].tolist()
    turn.x, turn.y, turn.z, turn.w = quaternion_from_matrix(world_from_optical[:3, :3])
    return message


def camera_info(header: Header, picture: Picture, intrinsics: np.ndarray) -> CameraInfo:
    """Return the CameraInfo of an undistorted picture."""
    height, width = picture.rgb.shape[:2]
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


def main(args: list[str] | None = None) -> None:
    """Play until Ctrl-C."""
    rclpy.init(args=args)
    node = ClipCamera()
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
