"""The node's 3-D side with real topics: what comes out, and what is said when something lacks."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs rclpy")

from geometry_msgs.msg import PointStamped, TransformStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from visualization_msgs.msg import Marker, MarkerArray

from seem_ros.geometry.clicks import ClickRefusedError
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.qos import newest
from seem_ros.ros.space.outputs import Spatial
from seem_ros.ros.space.parameters import SpatialParameters
from support import robot_camera as rig

try:
    import tf2_ros
except ImportError:
    tf2_ros = None

needs_tf = pytest.mark.skipif(tf2_ros is None, reason="tf2_ros is not installed")


class Rig:
    """A robot that publishes camera_info and depth, and a reader of the 3-D outputs."""

    def __init__(self):
        self.node = LifecycleNode("spatial_under_test")
        self.robot = rclpy.create_node("robot")
        self.parameters = SpatialParameters(depth_wait=0.0, tf_timeout=0.0)
        self.spatial = Spatial(self.node, lambda: self.parameters)
        self.node.trigger_configure()
        self.node.trigger_activate()
        self.spatial.start()
        self.info = self.robot.create_publisher(CameraInfo, "camera_info", newest())
        self.depth = self.robot.create_publisher(Image, "depth", newest(5))
        self.received = {}
        self.readers = []
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.executor.add_node(self.robot)
        self.until(
            lambda: self.info.get_subscription_count() and self.depth.get_subscription_count()
        )

    def until(self, done, limit_s=10.0):
        end = time.monotonic() + limit_s
        while not done():
            assert time.monotonic() < end, "nothing happened within the time limit"
            self.executor.spin_once(timeout_sec=0.02)

    def read(self, kind, topic):
        """Subscribe to an output; wait until the other side knows."""
        name = f"/spatial_under_test/{topic}"
        self.readers.append(
            self.robot.create_subscription(
                kind, name, lambda message: self.received.setdefault(topic, message), 10
            )
        )
        self.until(lambda: self.robot.count_publishers(name) and self.node.count_subscribers(name))

    def sees(self, info=None, depth=None, stamp_s=10.0):
        """Let camera_info and depth (messages) arrive, and begin the image of `stamp_s`."""
        inputs = self.spatial.inputs
        for publisher, message, arrived in (
            (self.info, info, lambda: inputs.cameras.newest is not None),
            (self.depth, depth, lambda: len(inputs.depths.recent) > 0),
        ):
            if message is not None:
                publisher.publish(message)
                self.until(arrived)
        self.spatial.begin(rig.header(stamp_s))
        return FrameResult(rig.header(stamp_s), rig.colour_image(), tuple(rig.plates(1, 2)), 2)

    def close(self):
        self.spatial.destroy()
        self.executor.shutdown()
        self.node.destroy_node()
        self.robot.destroy_node()


@pytest.fixture
def robot(monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    context_domain = 91
    rclpy.init(domain_id=context_domain)
    made = Rig()
    yield made
    made.close()
    rclpy.shutdown()


def metres():
    return rig.depth_message(rig.depth_image())


def click(point, frame_id=rig.FRAME_ID):
    message = PointStamped(header=rig.header(99.0, frame_id))
    message.point.x, message.point.y, message.point.z = (float(value) for value in point)
    return message


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
    assert robot.spatial.problems == {}


def test_nothing_is_computed_without_subscribers(robot, monkeypatch):
    result = robot.sees(rig.camera_info(), metres())

    def fail(*arguments):
        raise AssertionError("computed for nobody")

    monkeypatch.setattr("seem_ros.ros.messages.images.to_depth", fail)
    monkeypatch.setattr(type(robot.spatial.inputs), "scene", fail)
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
    robot.spatial.stop()
    robot.spatial.start()
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
    robot.spatial.inputs.problems.logger = SimpleNamespace(warning=said.append, info=said.append)
    result = robot.sees(info and info(), depth and depth())
    for _ in range(3):
        robot.spatial.publish(result)
    assert words in robot.spatial.problems[subject]
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
    assert set(robot.spatial.problems) == {"camera_info", "depth"}
    robot.spatial.publish(robot.sees(rig.camera_info(), metres()))
    assert robot.spatial.problems == {}
    robot.until(lambda: "points" in robot.received)


def test_click_in_the_cameras_frame_needs_no_tf(robot):
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    u, v = robot.spatial.pixel(click(rig.plate_centre(1)), result)
    assert np.hypot(u - 69.5, v - 109.5) < 0.5


@pytest.mark.parametrize(
    ("point", "words"),
    [((0, 0, -1), "behind"), ((2, 0, 1), "outside the image"), ((-0.48, -0.05, 1.6), "hidden")],
)
def test_refused_clicks_say_why(robot, point, words):
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    with pytest.raises(ClickRefusedError, match=words):
        robot.spatial.pixel(click(point), result)


def test_click_without_camera_info_is_refused(robot):
    result = robot.sees()
    with pytest.raises(ClickRefusedError, match="cannot be placed: no camera_info"):
        robot.spatial.pixel(click((0, 0, 1)), result)


@pytest.mark.skipif(tf2_ros is not None, reason="tf2_ros is installed")
def test_without_tf2_other_frames_are_refused_with_that_reason(robot):
    result = robot.sees(rig.camera_info(), metres())
    with pytest.raises(ClickRefusedError, match="from 'map'.*tf2_ros is not installed"):
        robot.spatial.pixel(click((0, 0, 1), "map"), result)


def place_camera(stamp_s, x):
    """Put the camera at `x` metres along the map's x axis, looking along it, z of the map up."""
    message = TransformStamped(header=rig.header(stamp_s, "map"), child_frame_id=rig.FRAME_ID)
    message.transform.translation.x = float(x)
    q = message.transform.rotation
    q.x, q.y, q.z, q.w = -0.5, 0.5, -0.5, 0.5
    return message


def send_tf(robot, *transforms):
    """Send transforms once the node listens, and wait until they have arrived."""
    assert robot.spatial.inputs.transforms.start()
    buffer = robot.spatial.inputs.transforms.buffer
    sender = tf2_ros.TransformBroadcaster(robot.robot)
    robot.until(lambda: robot.robot.count_subscribers("/tf"))
    last = transforms[-1]

    def arrived():
        sender.sendTransform(list(transforms))
        robot.executor.spin_once(timeout_sec=0.05)
        stamp = rclpy.time.Time.from_msg(last.header.stamp)
        return buffer.can_transform(last.header.frame_id, last.child_frame_id, stamp)

    robot.until(arrived)


@needs_tf
def test_click_in_another_frame_uses_the_images_time(robot):
    # The camera moves by 1 m a second: only the transform of 10.0 s puts the click right.
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    send_tf(robot, place_camera(9.0, 0.0), place_camera(11.0, 2.0))
    x, y, z = rig.plate_centre(2)
    u, v = robot.spatial.pixel(click((1.0 + z, -x, -y), "map"), result)
    expected = rig.CAMERA.project(rig.plate_centre(2)[None])[0][0]
    assert np.hypot(u - expected[0], v - expected[1]) < 0.5


@needs_tf
@pytest.mark.parametrize(
    ("stamps", "frame", "words"),
    [
        ((1.0, 2.0), "map", "no transform from 'map' .* at the image's time 10.0"),
        ((9.0, 11.0), "nowhere", "no transform from 'nowhere'"),
        ((9.0, 11.0), "", "frame_id is empty"),
    ],
)
def test_clicks_without_a_transform_are_refused(robot, stamps, frame, words):
    result = robot.sees(rig.camera_info(), metres())
    robot.spatial.publish(result)
    send_tf(robot, *(place_camera(stamp_s, 0.0) for stamp_s in stamps))
    with pytest.raises(ClickRefusedError, match=words):
        robot.spatial.pixel(click((0, 0, 1), frame), result)


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
    assert "to 'map'" in robot.spatial.problems["target_frame"]
    robot.parameters = SpatialParameters()
    robot.spatial.publish(FrameResult(**vars(result)))
    robot.until(lambda: "markers" in robot.received)
    assert robot.received["markers"].markers[0].header.frame_id == rig.FRAME_ID
