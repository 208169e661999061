"""PointCloud2 messages hold the points, colours and ids of the instances."""

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs the ROS messages")

from sensor_msgs.msg import PointField

from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import RigidTransform, SpatialScene
from seem_ros.ros.messages.clouds import instance_cloud
from support import robot_camera as rig


def scene(to_target=None):
    depth = DepthFrame(rig.CAMERA, rig.depth_image())
    return SpatialScene([*rig.plates(1, 2), rig.lost(3)], rig.CAMERA, depth, to_target)


def read(cloud):
    """Read a cloud by its own field descriptions."""
    kinds = {PointField.FLOAT32: "<f4", PointField.UINT32: "<u4"}
    dtype = np.dtype(
        {
            "names": [field.name for field in cloud.fields],
            "formats": [kinds[field.datatype] for field in cloud.fields],
            "offsets": [field.offset for field in cloud.fields],
            "itemsize": cloud.point_step,
        }
    )
    return np.frombuffer(bytes(cloud.data), dtype)


def test_cloud_of_all_instances():
    shown = scene()
    header = rig.header()
    cloud = instance_cloud(header, rig.colour_image(), shown, shown.visible)
    points = read(cloud)
    assert cloud.header == header
    assert (cloud.height, cloud.width) == (1, len(points))
    assert cloud.row_step == cloud.point_step * cloud.width
    assert [field.name for field in cloud.fields] == ["x", "y", "z", "rgb", "instance_id"]
    for number in (1, 2):
        own = points[points["instance_id"] == number]
        assert len(own) == rig.plate_mask(number).sum()
        centre = [own[axis].mean() for axis in "xyz"]
        assert np.allclose(centre, rig.plate_centre(number), atol=1e-5)
    assert set(np.unique(points["instance_id"])) == {1, 2}


def test_colours_are_packed_as_pcl_reads_them():
    shown = scene()
    points = read(instance_cloud(rig.header(), rig.colour_image(), shown, shown.visible))
    packed = points[points["instance_id"] == 1]["rgb"].view("<u4")
    assert set(packed.tolist()) == {200 << 16 | 30 << 8 | 20}


def test_points_are_moved_to_the_target_frame():
    # A camera that looks along the world's x axis, 0.5 m above its origin.
    rotation = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    moved = scene(RigidTransform(rotation, np.array([0, 0, 0.5])))
    points = read(instance_cloud(rig.header(), rig.colour_image(), moved, moved.visible[:1]))
    x, y, z = rig.plate_centre(1)
    centre = [points[axis].mean() for axis in "xyz"]
    assert np.allclose(centre, [z, -x, 0.5 - y], atol=1e-5)


def test_nothing_seen_is_an_empty_cloud():
    shown = scene()
    cloud = instance_cloud(rig.header(), rig.colour_image(), shown, [])
    assert (cloud.width, len(cloud.data)) == (0, 0)
    assert len(cloud.fields) == 5
