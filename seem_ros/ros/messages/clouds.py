"""Point clouds of the instances: sensor_msgs/PointCloud2 with x, y, z, rgb, instance_id."""

from __future__ import annotations

import array
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField

from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance
from seem_ros.ros.node import qos

# rgb is a float whose bits are 0x00RRGGBB: the convention of PCL and RViz.
_POINT = np.dtype([("x", "f4"), ("y", "f4"), ("z", "f4"), ("rgb", "u4"), ("instance_id", "u4")])


def instance_cloud(
    header: Any, rgb: np.ndarray, scene: SpatialScene, instances: Sequence[Instance]
) -> PointCloud2:
    """Return a PointCloud2 of some instances of a scene.

    Args:
        header: of the result, used as it is; its frame must be the scene's output frame.
        rgb: (H, W, 3) uint8, the image.
        scene: with depth, or the cloud is empty.
        instances: which ones, in this order.

    """
    parts = [_part(rgb, scene, instance) for instance in instances]
    points = np.concatenate(parts) if parts else np.empty(0, _POINT)
    return _message(header, points)


def _part(rgb: np.ndarray, scene: SpatialScene, instance: Instance) -> np.ndarray:
    seen = scene.points(instance)
    if seen is None or not len(seen):
        return np.empty(0, _POINT)
    part = np.empty(len(seen), _POINT)
    moved = scene.to_target.apply(seen.xyz)
    part["x"], part["y"], part["z"] = moved[:, 0], moved[:, 1], moved[:, 2]
    colours = seen.colours(rgb).astype(np.uint32)
    part["rgb"] = colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]
    part["instance_id"] = instance.id
    return part


def _message(header: Any, points: np.ndarray) -> PointCloud2:
    kinds = dict.fromkeys(("x", "y", "z", "rgb"), PointField.FLOAT32)
    kinds["instance_id"] = PointField.UINT32
    message = PointCloud2(header=header, height=1, width=len(points), is_dense=True)
    message.fields = [
        PointField(name=name, offset=_POINT.fields[name][1], datatype=kind, count=1)
        for name, kind in kinds.items()
    ]
    message.is_bigendian = sys.byteorder == "big"
    message.point_step = _POINT.itemsize
    message.row_step = _POINT.itemsize * len(points)
    data = array.array("B")
    data.frombytes(points.view(np.uint8).data)
    message.data = data
    return message


class CloudOutputs:
    """Publishes `~/points` (all instances) and `~/target_points` (the selected one)."""

    def __init__(self, node: Any) -> None:
        """Create the publishers on an rclpy node."""
        self._node = node
        self._all = self._publisher("~/points")
        self._target = self._publisher("~/target_points")

    def _publisher(self, topic: str) -> Any:
        return self._node.create_publisher(
            PointCloud2, topic, qos.reliable(2), qos_overriding_options=qos.overridable()
        )

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes."""
        return bool(self._all.get_subscription_count() or self._target.get_subscription_count())

    def publish(self, header: Any, rgb: np.ndarray, scene: SpatialScene, target_id: int) -> None:
        """Publish what is subscribed to; an empty cloud where nothing is seen."""
        if self._all.get_subscription_count():
            self._all.publish(instance_cloud(header, rgb, scene, scene.visible))
        if self._target.get_subscription_count():
            target = [instance for instance in scene.visible if instance.id == target_id]
            self._target.publish(instance_cloud(header, rgb, scene, target))

    def destroy(self) -> None:
        """Destroy the publishers."""
        self._node.destroy_publisher(self._all)
        self._node.destroy_publisher(self._target)
