"""All that seem_node does in 3-D, behind one class: what it knows, and what it publishes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from seem_ros.geometry.scene import SpatialScene
from seem_ros.ros.messages.clouds import CloudOutputs, instance_cloud
from seem_ros.ros.messages.detections import DetectionOutputs, fill_instances
from seem_ros.ros.messages.frames import FrameResult
from seem_ros.ros.messages.markers import MarkerOutput
from seem_ros.ros.space.inputs import SpatialInputs
from seem_ros.ros.space.parameters import SpatialParameters


class Spatial:
    """The node's 3-D side. `begin` to `cloud` belong to the worker's thread, `pixel` to callbacks.

    Images are segmented whatever is wrong here: a problem is noted, said once, and only the
    output that it spoils is left out.
    """

    def __init__(
        self,
        node: Any,
        parameters: Callable[[], SpatialParameters] = SpatialParameters,
        callback_group: Any = None,
    ) -> None:
        """Create publishers and subscriptions on an rclpy node.

        Args:
            node: rclpy node.
            parameters: returns the values that hold now.
            callback_group: of the subscriptions, None = the node's own.

        """
        self._parameters = parameters
        self._inputs = SpatialInputs(node, parameters, callback_group)
        self._clouds = CloudOutputs(node)
        self._markers = MarkerOutput(node)
        self._detections = DetectionOutputs(node)
        self._kept: tuple[FrameResult, SpatialScene] | None = None

    def destroy(self) -> None:
        """Destroy publishers and subscriptions, and stop listening to TF."""
        for part in (self._clouds, self._markers, self._detections, self._inputs):
            part.destroy()

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong now, subject -> message, for diagnostics."""
        return dict(self._inputs.problems.current)

    def begin(self, header: Any) -> None:
        """Say that an image is worked on from now on, so that its depth is kept."""
        self._inputs.begin(header)

    def publish(self, result: FrameResult) -> None:
        """Publish what is subscribed to of one frame's instances."""
        self._detections.publish_2d(result.header, result.instances)
        self._inputs.claim(result.header)
        if not (self._clouds.wanted or self._markers.wanted or self._detections.wanted_3d):
            return
        scene, parameters = self.scene(result), self._parameters()
        if scene.camera is None:
            return
        header = self.output_header(result.header)
        self._markers.publish(
            header, scene, parameters.marker_lifetime, parameters.outline_distance
        )
        if scene.depth is not None:
            self._clouds.publish(header, result.rgb, scene, result.target_id)
            self._detections.publish_3d(header, scene)

    def scene(self, result: FrameResult) -> SpatialScene:
        """Return the instances of a frame in 3-D; without camera or depth where these lack."""
        if self._kept is None or self._kept[0] is not result:
            self._kept = (result, self._inputs.scene(result))
        return self._kept[1]

    def fill(self, message: Any, result: FrameResult) -> None:
        """Set has_3d, pose and size in the seem_ros/InstanceArray of a frame."""
        fill_instances(message, self.scene(result))

    def cloud(self, result: FrameResult, instance_id: int) -> tuple[Any, str]:
        """Return the PointCloud2 of one instance and "", or None and why there is none."""
        scene = self.scene(result)
        chosen = [item for item in scene.visible if item.id == instance_id]
        if scene.depth is None:
            reasons = "; ".join(f"{name}: {text}" for name, text in self.problems.items())
            return None, reasons or "there is no depth"
        if not any(len(scene.points(item) or ()) for item in chosen):
            return None, f"there is no usable depth on instance {instance_id}"
        return instance_cloud(self.output_header(result.header), result.rgb, scene, chosen), ""

    def pixel(self, click: Any, result: FrameResult) -> tuple[float, float]:
        """Return the pixel (u, v) that a geometry_msgs/PointStamped means in the last frame.

        Raises:
            ClickRefusedError: it means none; the message says why.

        """
        return self._inputs.pixel(click, result)

    def output_header(self, header: Any) -> Any:
        """Return the header of 3-D outputs: the image's, in the target frame if one is set."""
        frame = self._parameters().target_frame
        if not frame:
            return header
        moved = copy.copy(header)
        moved.frame_id = frame
        return moved
