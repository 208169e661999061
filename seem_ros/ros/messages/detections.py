"""vision_msgs detections, and the 3-D fields of seem_ros/Instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance
from seem_ros.ros.messages.markers import fill_pose
from seem_ros.ros.node import qos


def detections_2d(header: Any, instances: Sequence[Instance]) -> Any:
    """Return a vision_msgs/Detection2DArray: pixel boxes of the visible instances.

    `id` is the instance's id, `class_id` its name. The header is used as it is.
    """
    from vision_msgs.msg import Detection2D, Detection2DArray

    array = Detection2DArray(header=header)
    for instance in instances:
        if instance.box is None:
            continue
        x0, y0, x1, y1 = (float(edge) for edge in instance.box)
        detection = Detection2D(header=header, id=str(instance.id))
        detection.results = [_hypothesis(instance)]
        # Edges are pixel borders, with pixel centres at whole numbers: hence the half.
        detection.bbox.center.position.x = (x0 + x1 - 1) / 2
        detection.bbox.center.position.y = (y0 + y1 - 1) / 2
        detection.bbox.size_x, detection.bbox.size_y = x1 - x0, y1 - y0
        array.detections.append(detection)
    return array


def detections_3d(header: Any, scene: SpatialScene) -> Any:
    """Return a vision_msgs/Detection3DArray: boxes of the instances that have one.

    The header is used as it is; its frame must be the scene's output frame.
    """
    from vision_msgs.msg import Detection3D, Detection3DArray

    array = Detection3DArray(header=header)
    for instance in scene.visible:
        box = scene.box(instance)
        if box is None:
            continue
        detection = Detection3D(header=header, id=str(instance.id))
        hypothesis = _hypothesis(instance)
        fill_pose(hypothesis.pose.pose, box)
        detection.results = [hypothesis]
        fill_pose(detection.bbox.center, box)
        size = detection.bbox.size
        size.x, size.y, size.z = box.size.tolist()
        array.detections.append(detection)
    return array


def _hypothesis(instance: Instance) -> Any:
    from vision_msgs.msg import ObjectHypothesisWithPose

    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = instance.name
    result.hypothesis.score = float(instance.score)
    return result


def fill_instances(message: Any, scene: SpatialScene) -> None:
    """Set has_3d, pose and size in a seem_ros/InstanceArray from the boxes of a scene."""
    known = {instance.id: instance for instance in scene.visible}
    for entry in message.instances:
        instance = known.get(entry.id)
        box = scene.box(instance) if instance is not None else None
        entry.has_3d = box is not None
        if box is not None:
            fill_pose(entry.pose, box)
            entry.size.x, entry.size.y, entry.size.z = box.size.tolist()


class DetectionOutputs:
    """Publishes `~/detections` and `~/detections_3d` where vision_msgs is installed."""

    def __init__(self, node: Any) -> None:
        """Create the publishers on an rclpy node, or none, with a line in its log."""
        self._node = node
        self._flat: Any = None
        self._solid: Any = None
        try:
            from vision_msgs.msg import Detection2DArray, Detection3DArray
        except ImportError:
            node.get_logger().info(
                "vision_msgs is not installed: no ~/detections and ~/detections_3d "
                "(~/instances has the same content)"
            )
            return
        self._flat = self._publisher(Detection2DArray, "~/detections")
        self._solid = self._publisher(Detection3DArray, "~/detections_3d")

    def _publisher(self, kind: Any, topic: str) -> Any:
        return self._node.create_publisher(
            kind, topic, qos.reliable(2), qos_overriding_options=qos.overridable()
        )

    @property
    def wanted_3d(self) -> bool:
        """Whether anybody subscribes to the 3-D boxes."""
        return self._solid is not None and self._solid.get_subscription_count() > 0

    def publish_2d(self, header: Any, instances: Sequence[Instance]) -> None:
        """Publish the pixel boxes; `header` is the image's."""
        if self._flat is not None and self._flat.get_subscription_count():
            self._flat.publish(detections_2d(header, instances))

    def publish_3d(self, header: Any, scene: SpatialScene) -> None:
        """Publish the 3-D boxes; the frame of `header` is the scene's output frame."""
        if self.wanted_3d:
            self._solid.publish(detections_3d(header, scene))

    def destroy(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._flat, self._solid):
            if publisher is not None:
                self._node.destroy_publisher(publisher)
