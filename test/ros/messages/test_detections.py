"""vision_msgs arrays, and the 3-D fields of InstanceArray."""

import numpy as np
import pytest

pytest.importorskip("geometry_msgs.msg", reason="needs the ROS messages")

from seem_ros.geometry.boxes3d import matrix_from_quaternion
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import SpatialScene
from seem_ros.ros.messages.detections import detections_2d, detections_3d, fill_instances
from support import robot_camera as rig


def scene(with_depth=True):
    depth = DepthFrame(rig.CAMERA, rig.depth_image()) if with_depth else None
    return SpatialScene([*rig.plates(1, 2), rig.lost(3)], rig.CAMERA, depth)


def position(pose):
    return [pose.position.x, pose.position.y, pose.position.z]


def box_axes(pose):
    q = pose.orientation
    return matrix_from_quaternion(q.x, q.y, q.z, q.w)


def extent_along(pose, size, direction):
    """Return how far the box reaches along a unit vector."""
    return np.abs(box_axes(pose).T @ direction) @ [size.x, size.y, size.z]


def test_pixel_boxes():
    pytest.importorskip("vision_msgs.msg", reason="vision_msgs is not installed")
    array = detections_2d(rig.header(), [*rig.plates(1, 2), rig.lost(3)])
    assert array.header == rig.header()
    assert [detection.id for detection in array.detections] == ["1", "2"]
    second = array.detections[1]
    x0, y0, x1, y1 = rig.PLATES[2][0]
    assert (second.bbox.size_x, second.bbox.size_y) == (x1 - x0, y1 - y0)
    centre = second.bbox.center.position
    assert (centre.x, centre.y) == ((x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2)
    (result,) = second.results
    assert result.hypothesis.class_id == "plate 2"
    assert result.hypothesis.score == pytest.approx(0.9)


def test_boxes_in_space():
    pytest.importorskip("vision_msgs.msg", reason="vision_msgs is not installed")
    array = detections_3d(rig.header(), scene())
    assert [detection.id for detection in array.detections] == ["1", "2"]
    for number, detection in zip((1, 2), array.detections, strict=True):
        assert detection.header == rig.header()
        box = detection.bbox
        assert np.allclose(position(box.center), rig.plate_centre(number), atol=0.003)
        assert np.allclose(position(detection.results[0].pose.pose), position(box.center))
        width, height = rig.plate_size(number)
        assert extent_along(box.center, box.size, [1, 0, 0]) == pytest.approx(width, rel=0.03)
        assert extent_along(box.center, box.size, [0, 1, 0]) == pytest.approx(height, rel=0.03)
    assert detections_3d(rig.header(), scene(with_depth=False)).detections == []


def test_instances_get_pose_and_size():
    messages = pytest.importorskip("seem_ros.msg", reason="the messages are not built")
    array = messages.InstanceArray(instances=[messages.Instance(id=n) for n in (1, 2, 3)])
    fill_instances(array, scene(), "map")
    assert [entry.has_3d for entry in array.instances] == [True, True, False]
    assert [entry.pose_frame for entry in array.instances] == ["map", "map", ""]
    for number, entry in zip((1, 2), array.instances, strict=False):
        assert np.allclose(position(entry.pose), rig.plate_centre(number), atol=0.003)
        width = extent_along(entry.pose, entry.size, [1, 0, 0])
        assert width == pytest.approx(rig.plate_size(number)[0], rel=0.03)
    fill_instances(array, scene(with_depth=False), "map")
    assert not any(entry.has_3d or entry.pose_frame for entry in array.instances)
