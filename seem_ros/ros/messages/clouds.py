"""Point clouds of the instances: sensor_msgs/PointCloud2 with x, y, z, rgb, instance_id."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance
from seem_ros.ros.messages import images

# rgb is a float whose bits are 0x00RRGGBB: the convention of PCL and RViz.
_POINT = np.dtype([("x", "f4"), ("y", "f4"), ("z", "f4"), ("rgb", "u4"), ("instance_id", "u4")])


def instance_cloud(
    header: Header, rgb: np.ndarray, scene: SpatialScene, instances: Sequence[Instance]
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


def _message(header: Header, points: np.ndarray) -> PointCloud2:
    kinds = dict.fromkeys(("x", "y", "z", "rgb"), PointField.FLOAT32)
    kinds["instance_id"] = PointField.UINT32
    message = PointCloud2(header=header, height=1, width=len(points), is_dense=True)
    message.fields = [
        PointField(name=name, offset=4 * index, datatype=kind, count=1)  # all are 4 bytes long
        for index, (name, kind) in enumerate(kinds.items())
    ]
    message.is_bigendian = sys.byteorder == "big"
    message.point_step = _POINT.itemsize
    message.row_step = _POINT.itemsize * len(points)
    message.data = images.as_bytes(points)
    return message
