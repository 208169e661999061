"""A robot with depth and TF before the node's 3-D side, and a reader of what comes out."""

from __future__ import annotations

import time

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs rclpy")

from geometry_msgs.msg import TransformStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CameraInfo, Image

from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.qos import newest
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.inputs import SpatialInputs
from seem_ros.ros.space.outputs import SpatialOutputs
from seem_ros.ros.space.parameters import SpatialParameters
from seem_ros.ros.space.transforms import Transforms
from support import robot_camera as rig

try:
    import tf2_ros
except ImportError:
    tf2_ros = None

needs_tf = pytest.mark.skipif(tf2_ros is None, reason="tf2_ros is not installed")


class SpatialBench:
    """A robot that publishes camera_info and depth, and a reader of the 3-D outputs."""

    def __init__(self):
        self.node = LifecycleNode("spatial_under_test")
        self.robot = rclpy.create_node("robot")
        self.parameters = SpatialParameters(depth_wait=0.0, tf_timeout=0.0)
        scope, transforms = Scope(self.node), Transforms(self.node)
        self.inputs = SpatialInputs(scope, lambda: self.parameters, transforms)
        self.spatial = SpatialOutputs(scope, self.inputs, lambda: self.parameters)
        self.node.trigger_configure()
        self.node.trigger_activate()
        self.inputs.start()
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
        for publisher, message, arrived in (
            (self.info, info, lambda: self.inputs.cameras.newest is not None),
            (self.depth, depth, lambda: len(self.inputs.depths.recent) > 0),
        ):
            if message is not None:
                publisher.publish(message)
                self.until(arrived)
        header = rig.header(stamp_s)
        self.inputs.begin(header)
        return FrameResult(header, rig.colour_image(), tuple(rig.plates(1, 2)), 2)

    def close(self):
        self.inputs.stop()
        self.inputs.transforms.destroy()
        self.spatial.destroy()
        self.executor.shutdown()
        self.node.destroy_node()
        self.robot.destroy_node()


def metres():
    return rig.depth_message(rig.depth_image())


def place_camera(stamp_s, x):
    """Put the camera at `x` metres along the map's x axis, looking along it, z of the map up."""
    message = TransformStamped(header=rig.header(stamp_s, "map"), child_frame_id=rig.FRAME_ID)
    message.transform.translation.x = float(x)
    q = message.transform.rotation
    q.x, q.y, q.z, q.w = -0.5, 0.5, -0.5, 0.5
    return message


def send_tf(robot, *transforms):
    """Send transforms once the node listens, and wait until they have arrived."""
    assert robot.inputs.transforms.start()
    buffer = robot.inputs.transforms.buffer
    sender = tf2_ros.TransformBroadcaster(robot.robot)
    robot.until(lambda: robot.robot.count_subscribers("/tf"))
    last = transforms[-1]

    def arrived():
        sender.sendTransform(list(transforms))
        robot.executor.spin_once(timeout_sec=0.05)
        stamp = rclpy.time.Time.from_msg(last.header.stamp)
        return buffer.can_transform(last.header.frame_id, last.child_frame_id, stamp)

    robot.until(arrived)
