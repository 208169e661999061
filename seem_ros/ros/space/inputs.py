"""What seem_node knows of space: camera_info, depth and TF, put together for one frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, Image

from seem_ros.geometry.camera import CameraError, CameraModel
from seem_ros.geometry.clicks import ClickRefusedError
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.depth import DepthError
from seem_ros.geometry.scene import RigidTransform, SpatialScene
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.messages import images
from seem_ros.ros.messages.frames import FrameResult
from seem_ros.ros.node import qos
from seem_ros.ros.space.camera_info import CameraInfoCache
from seem_ros.ros.space.clicked_points import TOPICS, pixel_of_click
from seem_ros.ros.space.depth_sync import DepthSync
from seem_ros.ros.space.parameters import SpatialParameters
from seem_ros.ros.space.transforms import Transforms, TransformUnavailableError


class SpatialInputs:
    """Subscribes to `camera_info`, `depth` and TF, and makes a scene of a frame's instances.

    Attributes:
        problems: what is wrong now, by subject.

    """

    def __init__(
        self, node: Any, parameters: Callable[[], SpatialParameters], callback_group: Any = None
    ) -> None:
        """Subscribe with an rclpy node; `parameters` returns the values that hold now."""
        self._node = node
        self._parameters = parameters
        self.problems = Problems(node.get_logger())
        self._transforms = Transforms(node)
        self._cameras = CameraInfoCache(node.resolve_topic_name("camera_info"))
        self._depths = DepthSync(node.resolve_topic_name("depth"))
        self._subscriptions = self._subscribe(callback_group)
        self._click_topics = [node.resolve_topic_name(topic) for topic in TOPICS]
        self._claimed: tuple[Any, Any] | None = None
        self._converted: tuple[Any, CameraModel, DepthFrame] | None = None
        self._listen_if_needed()  # before the first image, or its transform is missed

    def _subscribe(self, group: Any) -> list[Any]:
        def make(kind: Any, topic: str, take: Callable[[Any], None], depth: int) -> Any:
            return self._node.create_subscription(
                kind,
                topic,
                take,
                qos.newest(depth),
                callback_group=group,
                qos_overriding_options=qos.overridable(),
            )

        return [
            make(CameraInfo, "camera_info", self._cameras.add, 1),
            make(Image, "depth", self._depths.add, 5),
        ]

    def destroy(self) -> None:
        """Destroy the subscriptions and stop listening to TF."""
        self._transforms.destroy()
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []

    def begin(self, header: Any) -> None:
        """Say that an image is worked on from now on, so that its depth is kept."""
        self._depths.begin(header.stamp)
        self._listen_if_needed()

    def _listen_if_needed(self) -> None:
        if not self._transforms.started and self._needs_tf():
            self._transforms.start()

    def _needs_tf(self) -> bool:
        """Say whether TF will be asked for: /tf is a busy topic, not read for nothing."""
        parameters = self._parameters()
        clickable = any(map(self._node.count_publishers, self._click_topics))
        return bool(parameters.target_frame or parameters.gravity_frame or clickable)

    def claim(self, header: Any, wait_s: float = 0.0) -> Any:
        """Return the depth message of the image that `begin` named, None if there is none."""
        if self._claimed is None or self._claimed[0] != header.stamp or not self._claimed[1]:
            message = None
            try:
                slop_s = self._parameters().depth_sync_slop
                message = self._depths.match(header.frame_id, slop_s, wait_s)
                self.problems.solved("depth")
            except DepthError as error:
                self.problems.note("depth", f"{error}; 2-D outputs only")
            self._claimed = (header.stamp, message)
        return self._claimed[1]

    def camera(self, size: tuple[int, int]) -> CameraModel:
        """Return the camera of images of (height, width).

        Raises:
            CameraError: there is no usable camera_info.

        """
        return self._cameras.camera(size[1], size[0], self._parameters().image_rectified)

    def scene(self, result: FrameResult) -> SpatialScene:
        """Return the instances of a frame in 3-D; without camera or depth where these lack."""
        try:
            camera = self.camera(result.size)
            self.problems.solved("camera_info")
        except CameraError as error:
            self.problems.note("camera_info", str(error))
            return SpatialScene(result.instances)
        parameters, header = self._parameters(), result.header
        target = parameters.target_frame or header.frame_id
        to_target = self._transform("target_frame", target, header.frame_id, header.stamp)
        if to_target is None:
            return SpatialScene(result.instances)
        self.claim(header, parameters.depth_wait)
        depth = self._depth(header, camera)
        return SpatialScene(result.instances, camera, depth, to_target, self._up(header))

    def _transform(
        self, subject: str, target: str, source: str, stamp: Any
    ) -> RigidTransform | None:
        if target == source:
            return RigidTransform()
        try:
            timeout_s = self._parameters().tf_timeout
            found = self._transforms.lookup(target, source, stamp, timeout_s)
        except TransformUnavailableError as error:
            self.problems.note(subject, str(error))
            return None
        self.problems.solved(subject)
        return found

    def _up(self, header: Any) -> np.ndarray | None:
        frame = self._parameters().gravity_frame
        if not frame:
            return None
        gravity = self._transform("gravity_frame", header.frame_id, frame, header.stamp)
        return None if gravity is None else gravity.rotation[:, 2]

    def _depth(self, header: Any, camera: CameraModel) -> DepthFrame | None:
        """Convert the claimed depth message, once a frame."""
        if self._claimed is None or self._claimed[0] != header.stamp or not self._claimed[1]:
            return None
        message, kept = self._claimed[1], self._converted
        if kept is not None and kept[0] is message and kept[1] is camera:
            return kept[2]
        try:
            frame = DepthFrame(camera, images.to_depth(message))
        except ValueError as error:
            self.problems.note("depth_image", f"{error}; 2-D outputs only")
            return None
        if not np.isfinite(frame.depth_m).any():
            self.problems.note(
                "depth_image", "the depth image holds no valid pixel (all 0 or NaN)"
            )
            return None
        self.problems.solved("depth_image")
        self._converted = (message, camera, frame)
        return frame

    def pixel(self, click: Any, result: FrameResult) -> tuple[float, float]:
        """Return the pixel that a geometry_msgs/PointStamped means in the last frame.

        Waits for a transform only, at most `tf_timeout`; not for the executor's own thread.

        Raises:
            ClickRefusedError: it means none; the message says why.

        """
        try:
            camera = self.camera(result.size)
        except CameraError as error:
            raise ClickRefusedError(f"the clicked point cannot be placed: {error}") from error
        depth = self._depth(result.header, camera)
        depth_m = None if depth is None else depth.depth_m
        timeout_s = self._parameters().tf_timeout
        return pixel_of_click(click, result.header, camera, depth_m, self._transforms, timeout_s)
