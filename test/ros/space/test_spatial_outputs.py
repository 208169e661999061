"""The 3-D outputs: what comes out, and what is said when something lacks."""

from types import SimpleNamespace

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs rclpy")

from sensor_msgs.msg import PointCloud2
from visualization_msgs.msg import Marker, MarkerArray

from seem_ros.msg import Instance, InstanceArray
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.space.parameters import SpatialParameters
from support import robot_camera as rig
from support.spatial_bench import metres, needs_tf, place_camera, send_tf


def test_all_outputs_carry_the_images_header(robot):
    for kind, topic in (
        (PointCloud2, "points"),
        (PointCloud2, "target_points"),
        (MarkerArray, "markers"),
    ):
        robot.read(kind, topic)
    robot.spatial.publish(robot.sees(rig.camera_info(), metres()))
    robot.until(lambda: len(robot.received) == 3)
    pixels = [int(rig.plate_mask(number).sum()) for number in (1, 2)]
    assert robot.received["points"].header == rig.header()
    assert robot.received["points"].width == sum(pixels)
    assert robot.received["target_points"].width == pixels[1]
    markers = robot.received["markers"].markers
    assert {marker.ns for marker in markers if marker.id == 1} == {"box", "outline", "name"}
    assert all(marker.header == rig.header() for marker in markers)
    assert robot.inputs.problems.current == {}


def test_nothing_is_computed_without_subscribers(robot, monkeypatch):
    result = robot.sees(rig.camera_info(), metres())

    def fail(*arguments):
        raise AssertionError("computed for nobody")

    monkeypatch.setattr("seem_ros.ros.messages.images.to_depth", fail)
    monkeypatch.setattr(type(robot.inputs), "scene", fail)
    robot.spatial.publish(result)


def test_only_what_is_subscribed_to_is_computed(robot, monkeypatch):
    robot.read(PointCloud2, "target_points")
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    scene = robot.spatial.scene(result)
    assert set(scene._points) == {2}
    assert scene._boxes == {}
    assert scene._outlines == {}


def test_a_node_that_is_activated_again_works(robot):
    robot.inputs.stop()
    robot.inputs.start()
    robot.until(robot.info.get_subscription_count)
    robot.until(robot.depth.get_subscription_count)
    robot.read(PointCloud2, "points")
    robot.spatial.publish(robot.sees(rig.camera_info(), metres()))
    robot.until(lambda: "points" in robot.received)


BAD_INPUT = {
    "no camera_info": (None, metres, "camera_info", "no camera_info has come on /camera_info"),
    "zeros in camera_info": (
        lambda: rig.camera_info(k=np.zeros((3, 3))),
        metres,
        "camera_info",
        "not calibrated",
    ),
    "camera_info of another size": (
        lambda: rig.camera_info(width=640, height=480),
        metres,
        "camera_info",
        "is for 640x480 images, but the image is 320x240",
    ),
    "no depth": (rig.camera_info, None, "depth", "no depth image has come on /depth"),
    "depth of another size": (
        rig.camera_info,
        lambda: rig.depth_message(rig.depth_image()[::2, ::2].copy()),
        "depth_image",
        "depth is 160x120 but the colour camera is 320x240",
    ),
    "depth in another frame": (
        rig.camera_info,
        lambda: rig.depth_message(rig.depth_image(), frame_id="depth_frame"),
        "depth",
        "'depth_frame', the image in 'camera_color_optical_frame'",
    ),
    "depth of another time": (
        rig.camera_info,
        lambda: rig.depth_message(rig.depth_image(), stamp_s=8.5),
        "depth",
        "1.500 s earlier",
    ),
    "depth of NaN": (
        rig.camera_info,
        lambda: rig.depth_message(np.full((240, 320), np.nan, np.float32)),
        "depth_image",
        "no valid pixel",
    ),
    "metres that are millimetres": (
        rig.camera_info,
        lambda: rig.depth_message(rig.depth_image() * 1000),
        "depth_image",
        "the values are in another unit",
    ),
    "millimetres that are metres": (
        rig.camera_info,
        lambda: rig.depth_message(rig.depth_image().astype(np.uint16)),
        "depth_image",
        "the values are in another unit",
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT, ids=str)
def test_bad_input_is_said_and_spoils_nothing_else(robot, case):
    info, depth, subject, words = BAD_INPUT[case]
    robot.read(MarkerArray, "markers")
    robot.read(PointCloud2, "points")
    said = []
    robot.inputs.problems.logger = SimpleNamespace(warning=said.append, info=said.append)
    result = robot.sees(info and info(), depth and depth())
    for _ in range(3):
        robot.spatial.publish(result)
    assert words in robot.inputs.problems.current[subject]
    assert len([line for line in said if line.startswith(f"{subject}: ")]) == 1, "said once"
    assert robot.spatial.cloud(result, 1)[0] is None
    assert words in robot.spatial.cloud(result, 1)[1]
    if subject != "camera_info":
        robot.until(lambda: "markers" in robot.received)
        kinds = {marker.type for marker in robot.received["markers"].markers}
        assert kinds == {Marker.LINE_LIST, Marker.TEXT_VIEW_FACING}, "2-D outlines remain"


def test_a_problem_that_is_over_is_forgotten(robot):
    robot.read(PointCloud2, "points")
    robot.spatial.publish(robot.sees())
    assert set(robot.inputs.problems.current) == {"camera_info", "depth"}
    robot.spatial.publish(robot.sees(rig.camera_info(), metres()))
    assert robot.inputs.problems.current == {}
    robot.until(lambda: "points" in robot.received)


def test_depth_of_another_size_with_its_own_camera_info_is_used(robot):
    robot.read(PointCloud2, "points")
    half = rig.K.copy()
    half[:2] = (half[:2] + [[0, 0, 0.5], [0, 0, 0.5]]) / 2 - [[0, 0, 0.5], [0, 0, 0.5]]
    small = rig.depth_image()[::2, ::2].copy()
    result = robot.sees(rig.camera_info(), rig.depth_message(small))
    robot.inputs.depth_cameras.add(rig.camera_info(160, 120, half))
    robot.spatial.publish(result)
    assert robot.inputs.problems.current == {}
    scene = robot.spatial.scene(result)
    for number, instance in zip((1, 2), scene.visible, strict=True):
        points = scene.points(instance)
        assert len(points) > 0.9 * np.count_nonzero(rig.plate_mask(number))
        np.testing.assert_allclose(points.centroid(), rig.plate_centre(number), atol=0.01)


@needs_tf
def test_poses_name_the_target_frame(robot):
    robot.parameters = SpatialParameters(target_frame="map")
    send_tf(robot, place_camera(9.0, 1.0), place_camera(11.0, 1.0))
    array = InstanceArray(instances=[Instance(id=1), Instance(id=9)])
    robot.spatial.fill(array, robot.sees(rig.camera_info(), metres()))
    assert [item.pose_frame for item in array.instances] == ["map", ""]


@needs_tf
def test_outputs_in_the_target_frame_stand_upright(robot):
    robot.parameters = SpatialParameters(target_frame="map", gravity_frame="map")
    robot.read(MarkerArray, "markers")
    send_tf(robot, place_camera(9.0, 1.0), place_camera(11.0, 1.0))
    robot.spatial.publish(robot.sees(rig.camera_info(), metres()))
    robot.until(lambda: "markers" in robot.received)
    (box,) = (m for m in robot.received["markers"].markers if (m.ns, m.id) == ("box", 1))
    assert (box.header.frame_id, box.header.stamp) == ("map", rig.header().stamp)
    x, y, z = rig.plate_centre(1)
    assert np.allclose(
        [box.pose.position.x, box.pose.position.y, box.pose.position.z],
        [1.0 + z, -x, -y],
        atol=0.003,
    )
    assert box.scale.z == pytest.approx(rig.plate_size(1)[1], rel=0.03), "z is the height"
    assert np.hypot(box.pose.orientation.x, box.pose.orientation.y) < 1e-6


def test_a_target_frame_without_transform_leaves_the_3d_outputs_out(robot):
    robot.parameters = SpatialParameters(target_frame="map", tf_timeout=0.0)
    robot.read(MarkerArray, "markers")
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    assert "to 'map'" in robot.inputs.problems.current["target_frame"]
    robot.parameters = SpatialParameters()
    robot.spatial.publish(FrameResult(**vars(result)))
    robot.until(lambda: "markers" in robot.received)
    assert robot.received["markers"].markers[0].header.frame_id == rig.FRAME_ID
