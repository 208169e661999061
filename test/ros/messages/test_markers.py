"""Markers: stable ids and colours, boxes where things are, DELETE when they go."""

import numpy as np
import pytest

pytest.importorskip("visualization_msgs.msg", reason="needs the ROS messages")

from visualization_msgs.msg import Marker

from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import SpatialScene
from seem_ros.ros.messages.markers import InstanceMarkers
from support import robot_camera as rig


def scene(instances, with_depth=True):
    depth = DepthFrame(rig.CAMERA, rig.depth_image()) if with_depth else None
    return SpatialScene(instances, rig.CAMERA, depth)


def array(markers, instances, with_depth=True):
    shown = scene(instances, with_depth)
    return {
        (marker.ns, marker.id): marker
        for marker in markers.array(rig.header(), shown, lifetime_s=2.5, plane_m=1.5).markers
    }


def colour(marker):
    return marker.color.r, marker.color.g, marker.color.b


def test_every_instance_has_box_outline_and_name():
    shown = array(InstanceMarkers(), rig.plates(1, 2))
    assert set(shown) == {(ns, n) for ns in ("box", "outline", "name") for n in (1, 2)}
    for marker in shown.values():
        assert marker.header == rig.header()
        assert marker.action == Marker.ADD
        assert (marker.lifetime.sec, marker.lifetime.nanosec) == (2, 500_000_000)
        assert marker.color.a > 0
    assert shown["name", 2].text == "plate 2 #2 0.90 tracked"


def test_box_lies_around_its_plate():
    box = array(InstanceMarkers(), rig.plates(1, 2))["box", 1]
    centre = [box.pose.position.x, box.pose.position.y, box.pose.position.z]
    assert box.type == Marker.CUBE
    assert np.allclose(centre, rig.plate_centre(1), atol=0.003)
    edges = sorted([box.scale.x, box.scale.y, box.scale.z])
    assert np.allclose(edges[1:], sorted(rig.plate_size(1)), rtol=0.03)
    assert 0 < edges[0] < 0.001


def test_outline_lies_on_the_plate():
    outline = array(InstanceMarkers(), rig.plates(2))["outline", 2]
    points = np.array([[p.x, p.y, p.z] for p in outline.points])
    assert outline.type == Marker.LINE_LIST
    assert len(points) % 2 == 0
    assert np.allclose(points[:, 2], 1.2, atol=1e-4)
    assert np.allclose(points[0], points[-1]), "the outline is closed"
    x0, y0, x1, y1 = rig.PLATES[2][0]
    pixels = rig.CAMERA.project(points)[0]
    assert np.allclose(pixels.min(0), (x0, y0), atol=1)
    assert np.allclose(pixels.max(0), (x1 - 1, y1 - 1), atol=1)


def test_without_depth_the_outline_lies_on_a_plane_and_there_is_no_box():
    shown = array(InstanceMarkers(), rig.plates(2), with_depth=False)
    assert set(shown) == {("outline", 2), ("name", 2)}
    assert all(abs(point.z - 1.5) < 1e-9 for point in shown["outline", 2].points)


def test_ids_and_colours_do_not_depend_on_order():
    markers = InstanceMarkers()
    first = array(markers, rig.plates(1, 2))
    second = array(markers, rig.plates(2, 1))
    alone = array(markers, rig.plates(2))
    for key in (("box", 2), ("outline", 2), ("name", 2)):
        assert colour(first[key]) == colour(second[key]) == colour(alone[key])
    assert colour(first["box", 1]) != colour(first["box", 2])


def test_what_goes_is_deleted_once():
    markers = InstanceMarkers()
    array(markers, rig.plates(1, 2))
    gone = array(markers, [*rig.plates(1), rig.lost(2)])
    deleted = {key for key, marker in gone.items() if marker.action == Marker.DELETE}
    assert deleted == {("box", 2), ("outline", 2), ("name", 2)}
    assert all(m.action == Marker.ADD for m in array(markers, rig.plates(1)).values())


def test_losing_depth_takes_only_the_box_back():
    markers = InstanceMarkers()
    array(markers, rig.plates(1))
    without = array(markers, rig.plates(1), with_depth=False)
    deleted = {key for key, marker in without.items() if marker.action == Marker.DELETE}
    assert deleted == {("box", 1)}
