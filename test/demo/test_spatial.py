"""What the node says of things in space is compared with where they are."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from std_msgs.msg import Header

from seem_ros.demo import spatial, spatial_view
from seem_ros.demo.answers import Answers
from seem_ros.demo.footage import Solid
from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance as SeenInstance
from seem_ros.instances import box_of
from seem_ros.msg import Instance, InstanceArray
from seem_ros.ros.messages.clouds import instance_cloud

# Upright is against the image's y; the truth is longer along x than along z.
UPRIGHT = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
SOLID = Solid(
    OrientedBox(np.array([0, 0, 1.0]), UPRIGHT, np.array([0.2, 0.1, 0.3])), np.array([0, 0, 0.95])
)
K = np.array([[60.0, 0, 31.5], [0, 60.0, 23.5], [0, 0, 1]])


def answers(size, z=1.01, with_cloud=True):
    """Return answers with instance 7 whose axes are the camera's, and a cloud at 0.95 m."""
    message = Instance(id=7, has_3d=True)
    message.pose.position.z, message.pose.orientation.w = z, 1.0
    message.size.x, message.size.y, message.size.z = size
    found = Answers({"instances": InstanceArray(instances=[message])})
    if with_cloud:
        mask = np.zeros((48, 64), bool)
        mask[20:28, 28:36] = True
        seen = SeenInstance(7, mask=mask, box=box_of(mask))
        depth = DepthFrame(CameraModel.raw(64, 48, K), np.full((48, 64), 0.95, np.float32))
        scene = SpatialScene([seen], depth.camera, depth)
        rgb = np.zeros((48, 64, 3), np.uint8)
        found.messages["points"] = instance_cloud(Header(), rgb, scene, [seen])
    return found


def test_errors_are_of_extents_that_belong_together():
    # In the camera's axes the upright edge is y, and z is the shorter level one.
    placed = spatial.place("mug", 7, SOLID, answers((0.22, 0.33, 0.09)))
    assert placed.extent_errors == pytest.approx([0.1, -0.1, 0.1])
    assert placed.centre_error_m == pytest.approx(0.01)
    assert placed.centroid_error_m == pytest.approx(0.0, abs=1e-6)


def test_without_a_place_there_is_nothing_to_compare():
    assert spatial.place("mug", 8, SOLID, answers((0.2, 0.3, 0.1))) is None
    found = answers((0.2, 0.3, 0.1))
    found.instances.instances[0].has_3d = False
    assert spatial.place("mug", 7, SOLID, found) is None


def test_without_a_cloud_its_error_is_unknown():
    placed = spatial.place("mug", 7, SOLID, answers((0.2, 0.3, 0.1), with_cloud=False))
    assert math.isnan(placed.centroid_error_m)
    assert " -  " in spatial.table([placed])


def test_the_table_holds_medians():
    every = [
        spatial.place("mug", 7, SOLID, answers((0.2, 0.3, 0.1), z)) for z in (1.01, 1.03, 1.2)
    ]
    line = spatial.table(every).splitlines()[2]
    assert line.split()[:2] == ["mug", "3"]
    assert "0.0 cm off" in line
    assert "3.0 cm off" in line
    assert "+0% +0% +0%" in line


def test_the_picture_shows_found_and_true_boxes():
    found = answers((0.2, 0.3, 0.1), z=1.0)
    thing = spatial_view.SeenThing(7, spatial.place("mug", 7, SOLID, found), found.points(7))
    picture = spatial_view.draw(np.zeros((240, 320, 3), np.uint8), [thing], K * [[5], [5], [1]])
    assert picture.shape == (240, 640, 3)
    front, above = picture[60:, :320], picture[60:, 320:]
    for half in (front, above):
        assert (half.min(-1) > 200).any()  # white: the truth
        assert (half.max(-1).astype(int) - half.min(-1) > 60).any()  # a colour: what was found
