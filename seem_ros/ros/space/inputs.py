"""What seem_node knows of space: camera_info, depth and TF, put together for one frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PointStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.qos import DurabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from seem_ros.geometry.camera import CameraError, CameraModel
from seem_ros.geometry.clicks import ClickRefusedError, locate_click
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.depth import DepthError
from seem_ros.geometry.scene import RigidTransform, SpatialScene
from seem_ros.ros import qos
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.camera_info import CameraInfoCache
from seem_ros.ros.space.depth_sync import IN_WORK, DepthMessage, DepthSync
from seem_ros.ros.space.parameters import COMPRESSED_DEPTH, SpatialParameters
from seem_ros.ros.space.registered_depth import RegisteredDepth
from seem_ros.ros.space.transforms import Transforms, TransformUnavailableError
from seem_ros.ros.subscriptions import Subscriptions

CLICK_TOPICS = {"clicked_point": True, "clicked_point_negative": False}
"""Topics of RViz's Publish Point tool -> whether a point on it is on the object."""


class SpatialInputs:
    """Subscribes to `camera_info`, `depth` and TF, and makes a scene of a frame's instances.

    Attributes:
        problems: what is wrong now, by subject.
        transforms: of TF; all cameras of a node share them.
        cameras: the newest camera_info.
        depth_cameras: the newest depth_info, of depth that has another size than the image.
        depths: the newest depth images.

    """

    def __init__(
        self, scope: Scope, parameters: Callable[[], SpatialParameters], transforms: Transforms
    ) -> None:
        """Receive nothing yet.

        Args:
            scope: of the subscriptions.
            parameters: returns the values that hold now.
            transforms: of the node; who made them ends them.

        """
        self._scope = scope
        self._node = scope.node
        self._parameters = parameters
        self._subscriptions = Subscriptions(scope.node)
        self._click_topics = [self._full_name(topic) for topic in CLICK_TOPICS]
        self.transforms = transforms
        self._forget()

    def _forget(self) -> None:
        self.problems = Problems(self._scope.logger)
        self.cameras = CameraInfoCache(self._full_name("camera_info"))
        self.depth_cameras = CameraInfoCache(self._full_name("depth_info"))
        self._latched = False
        self.depths = DepthSync(self._full_name(self._depth_topic))
        self._registered = RegisteredDepth(self.depth_cameras, self._scope.given("depth_info"))
        self._claimed: tuple[tuple[Header, DepthMessage], ...] = ()

    def _full_name(self, topic: str) -> str:
        return self._node.resolve_topic_name(self._scope.given(topic))

    @property
    def _depth_topic(self) -> str:
        compressed = self._parameters().depth_transport == COMPRESSED_DEPTH
        return f"depth/{COMPRESSED_DEPTH}" if compressed else "depth"

    def start(self) -> None:
        """Subscribe; what was known before is forgotten."""
        self._forget()
        group = MutuallyExclusiveCallbackGroup()
        subscribe, given = self._subscriptions.add, self._scope.given
        subscribe(CameraInfo, given("camera_info"), self.cameras.add, qos.newest(), group)
        self._latched = False
        if self._parameters().use_depth:
            topic = self._depth_topic
            kind = Image if topic == "depth" else CompressedImage
            subscribe(kind, given(topic), self.depths.add, qos.newest(5), group)
            subscribe(CameraInfo, given("depth_info"), self.depth_cameras.add, qos.newest(), group)
        self._listen_if_needed()  # before the first image, or its transform is missed

    def stop(self) -> None:
        """Destroy the subscriptions."""
        self._subscriptions.destroy()

    def begin(self, header: Header) -> None:
        """Say that an image is worked on from now on, so that its depth is kept."""
        self.depths.begin(header)
        self._listen_if_needed()
        self._take_latched()

    def _take_latched(self) -> None:
        """Subscribe as a late comer must where a driver published camera_info once, latched.

        Only where one offers that: others would log that they cannot serve such a subscription.
        """
        if self._latched or self.cameras.newest is not None:
            return
        offered = self._node.get_publishers_info_by_topic(self._full_name("camera_info"))
        durabilities = {info.qos_profile.durability for info in offered}
        if DurabilityPolicy.TRANSIENT_LOCAL in durabilities:
            self._latched = True
            group = MutuallyExclusiveCallbackGroup()
            self._subscriptions.add(
                CameraInfo,
                self._scope.given("camera_info"),
                self.cameras.add,
                qos.latched(),
                group,
                overridable=False,
            )

    def _listen_if_needed(self) -> None:
        if not self.transforms.started and self._needs_tf():
            self.transforms.start()

    def _needs_tf(self) -> bool:
        """Say whether TF will be asked for: /tf is a busy topic, not read for nothing."""
        parameters = self._parameters()
        clickable = any(map(self._node.count_publishers, self._click_topics))
        return bool(parameters.target_frame or parameters.gravity_frame or clickable)

    def claim(self, header: Header, wait_s: float = 0.0) -> DepthMessage | None:
        """Return the depth message of an image that `begin` named, None if there is none."""
        if (claimed := self._claim_of(header)) is not None:
            return claimed
        if not self._parameters().use_depth:
            return None
        try:
            slop_s = self._parameters().depth_sync_slop
            message = self.depths.match(header, slop_s, wait_s)
        except DepthError as error:
            self.problems.note("depth", f"{error}; 2-D outputs only")
            return None
        self.problems.solved("depth")
        self._claimed = (*self._claimed[1 - IN_WORK :], (header, message))
        return message

    def _claim_of(self, header: Header) -> DepthMessage | None:
        """Return what was claimed for an image; known by its header, not by its stamp."""
        return next((message for known, message in self._claimed if known is header), None)

    def camera(self, size: tuple[int, int]) -> CameraModel:
        """Return the camera of images of (height, width).

        Raises:
            CameraError: there is no usable camera_info.

        """
        return self.cameras.camera(size[1], size[0], self._parameters().image_rectified)

    def scene(self, result: FrameResult) -> SpatialScene:
        """Return the instances of a frame in 3-D; without camera or depth where these lack."""
        try:
            camera = self.camera(result.size)
            self.problems.solved("camera_info")
        except CameraError as error:
            if self._parameters().use_depth or self.cameras.newest is not None:
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
        self, subject: str, target: str, source: str, stamp: Time
    ) -> RigidTransform | None:
        if target == source:
            return RigidTransform()
        try:
            timeout_s = self._parameters().tf_timeout
            found = self.transforms.lookup(target, source, stamp, timeout_s)
        except TransformUnavailableError as error:
            self.problems.note(subject, str(error))
            return None
        self.problems.solved(subject)
        return found

    def _up(self, header: Header) -> np.ndarray | None:
        frame = self._parameters().gravity_frame
        if not frame:
            return None
        gravity = self._transform("gravity_frame", header.frame_id, frame, header.stamp)
        return None if gravity is None else gravity.rotation[:, 2]

    def _depth(self, header: Header, camera: CameraModel) -> DepthFrame | None:
        """Return the depth that was claimed for an image, None where it is no use."""
        message, parameters = self._claim_of(header), self._parameters()
        if message is None:
            return None
        try:
            frame = self._registered.frame(
                message, camera, parameters.depth_scale, parameters.image_rectified
            )
        except ValueError as error:
            self.problems.note("depth_image", str(error))
            return None
        self.problems.solved("depth_image")
        return frame

    def pixel(self, click: PointStamped, result: FrameResult) -> tuple[float, float]:
        """Return the pixel (u, v) that a point in space means in the last frame.

        The point is taken to stand still in its own frame: it is moved to the camera at the
        image's stamp, whenever it was clicked. Waits for a transform only, at most `tf_timeout`;
        not for the executor's own thread.

        Raises:
            ClickRefusedError: it means none; the message says why.

        """
        header, timeout_s = result.header, self._parameters().tf_timeout
        try:
            camera = self.camera(result.size)
            to_camera = self.transforms.lookup(
                header.frame_id, click.header.frame_id, header.stamp, timeout_s
            )
        except CameraError as error:
            raise ClickRefusedError(f"the clicked point cannot be placed: {error}") from error
        except TransformUnavailableError as error:
            raise ClickRefusedError(str(error)) from error
        depth = self._depth(header, camera)
        point = np.array([[click.point.x, click.point.y, click.point.z]])
        depth_m = None if depth is None else depth.depth_m
        return locate_click(to_camera.apply(point)[0], camera, depth_m)
