"""What seem_node publishes in 3-D: clouds, markers, detections, and poses of instances."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from sensor_msgs.msg import CameraInfo, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from seem_ros import msg
from seem_ros.geometry.camera import CameraError
from seem_ros.geometry.scene import SpatialScene
from seem_ros.ros.messages.clouds import instance_cloud
from seem_ros.ros.messages.detections import detections_2d, detections_3d, fill_instances
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.messages.markers import InstanceMarkers
from seem_ros.ros.messages.output import Output
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.inputs import SpatialInputs
from seem_ros.ros.space.parameters import SpatialParameters

if TYPE_CHECKING:
    from vision_msgs.msg import Detection2DArray, Detection3DArray


class SpatialOutputs:
    """The node's 3-D outputs; all but `destroy` is for one thread at a time.

    Images are segmented whatever is wrong here: a problem is noted, said once, and only the
    output that it spoils is left out.
    """

    def __init__(
        self,
        scope: Scope,
        inputs: SpatialInputs,
        parameters: Callable[[], SpatialParameters],
    ) -> None:
        """Create the publishers; `parameters` returns the values that hold now."""
        self._scope = scope
        self._inputs = inputs
        self._parameters = parameters
        self._markers = InstanceMarkers()
        self._outputs: list[Output] = [
            Output(scope, "markers", MarkerArray, self._marker_array, depth=2),
            Output(scope, "points", PointCloud2, self._points, depth=2),
            Output(scope, "target_points", PointCloud2, self._target_points, depth=2),
            Output(scope, "camera_info", CameraInfo, self._camera_info),
            *self._detections(),
        ]
        self._kept: tuple[FrameResult, SpatialScene] | None = None

    def _detections(self) -> list[Output]:
        try:
            from vision_msgs.msg import Detection2DArray, Detection3DArray
        except ImportError:
            self._scope.logger.info(
                "vision_msgs is not installed: no ~/detections and ~/detections_3d "
                "(~/instances has the same content)"
            )
            return []
        return [
            Output(self._scope, "detections", Detection2DArray, self._boxes_2d, depth=2),
            Output(self._scope, "detections_3d", Detection3DArray, self._boxes_3d, depth=2),
        ]

    def destroy(self) -> None:
        """Destroy the publishers."""
        for output in self._outputs:
            output.destroy()

    def publish(self, result: FrameResult) -> None:
        """Publish what is subscribed to of one frame's instances."""
        self._inputs.claim(result.header)
        for output in self._outputs:
            output.publish(result)

    def scene(self, result: FrameResult) -> SpatialScene:
        """Return the instances of a frame in 3-D; without camera or depth where these lack."""
        if self._kept is None or self._kept[0] is not result:
            self._kept = (result, self._inputs.scene(result))
        return self._kept[1]

    def fill(self, message: msg.InstanceArray, result: FrameResult) -> None:
        """Set has_3d, pose, its frame and size in the record of a frame."""
        fill_instances(message, self.scene(result), self._header(result).frame_id)

    def cloud(self, result: FrameResult, instance_id: int) -> tuple[PointCloud2 | None, str]:
        """Return the cloud of one instance and "", or None and why there is none."""
        scene = self.scene(result)
        if scene.depth is None:
            problems = self._inputs.problems.current
            reasons = "; ".join(f"{name}: {text}" for name, text in problems.items())
            return None, reasons or "there is no depth"
        chosen = [item for item in scene.visible if item.id == instance_id]
        if not any(len(scene.points(item) or ()) for item in chosen):
            return None, f"there is no usable depth on instance {instance_id}"
        return self._points(result, instance_id), ""

    def _marker_array(self, result: FrameResult) -> MarkerArray | None:
        scene, parameters = self.scene(result), self._parameters()
        if scene.camera is None:
            return None
        lifetime_s, plane_m = parameters.marker_lifetime, parameters.outline_distance
        return self._markers.array(self._header(result), scene, lifetime_s, plane_m)

    def _points(self, result: FrameResult, instance_id: int | None = None) -> PointCloud2 | None:
        """Return the cloud of one instance, or of all; None without depth."""
        scene = self.scene(result)
        if scene.depth is None:
            return None
        chosen = [item for item in scene.visible if instance_id in (None, item.id)]
        return instance_cloud(self._header(result), result.rgb, scene, chosen)

    def _target_points(self, result: FrameResult) -> PointCloud2 | None:
        return self._points(result, result.target_id)

    def _camera_info(self, result: FrameResult) -> CameraInfo | None:
        """Return the calibration for the overlay, as RViz's Camera display wants it beside it."""
        newest = self._inputs.cameras.newest
        if newest is None:
            return None
        try:
            self._inputs.camera(result.size)
        except CameraError:
            return None
        moved = copy.copy(newest)
        moved.header = result.header
        return moved

    def _boxes_2d(self, result: FrameResult) -> Detection2DArray:
        return detections_2d(result.header, result.instances)

    def _boxes_3d(self, result: FrameResult) -> Detection3DArray | None:
        scene = self.scene(result)
        return None if scene.depth is None else detections_3d(self._header(result), scene)

    def _header(self, result: FrameResult) -> Header:
        """Return the header of 3-D outputs: the image's, in the target frame if one is set."""
        frame = self._parameters().target_frame
        if not frame:
            return result.header
        moved = copy.copy(result.header)
        moved.frame_id = frame
        return moved
