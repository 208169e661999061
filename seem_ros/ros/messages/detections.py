"""vision_msgs detections, and the 3-D fields of seem_ros/Instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from std_msgs.msg import Header

from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance
from seem_ros.msg import InstanceArray
from seem_ros.ros.messages.markers import fill_pose, fill_size

if TYPE_CHECKING:
    from vision_msgs.msg import Detection2DArray, Detection3DArray, ObjectHypothesisWithPose


def detections_2d(header: Header, instances: Sequence[Instance]) -> Detection2DArray:
    """Return the pixel boxes of the visible instances.

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


def detections_3d(header: Header, scene: SpatialScene) -> Detection3DArray:
    """Return the boxes of the instances that have one.

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
        fill_size(detection.bbox.size, box)
        array.detections.append(detection)
    return array


def _hypothesis(instance: Instance) -> ObjectHypothesisWithPose:
    from vision_msgs.msg import ObjectHypothesisWithPose

    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = instance.name
    result.hypothesis.score = float(instance.score)
    return result


def fill_instances(message: InstanceArray, scene: SpatialScene, frame: str) -> None:
    """Set has_3d, pose, its frame and size of the records from the boxes of a scene.

    `frame` is the scene's output frame.
    """
    known = {instance.id: instance for instance in scene.visible}
    for entry in message.instances:
        instance = known.get(entry.id)
        box = scene.box(instance) if instance is not None else None
        entry.has_3d = box is not None
        entry.pose_frame = frame if box is not None else ""
        if box is not None:
            fill_pose(entry.pose, box)
            fill_size(entry.size, box)
