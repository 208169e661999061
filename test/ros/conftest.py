"""A real seem_node in this process, with an operator's node that talks to it through DDS."""

from __future__ import annotations

import os

import pytest

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 101)  # above 101 lie ports that Linux lends


@pytest.fixture(scope="module")
def ros():
    """Initialise rclpy for one file; skip where ROS 2 or the built messages are missing."""
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
    pytest.importorskip("seem_ros.msg", reason="needs the built messages: colcon build")
    rclpy.init()
    yield rclpy
    rclpy.try_shutdown()


@pytest.fixture
def bench(ros):
    """Return a Bench with an active node; everything is destroyed afterwards."""
    from support.node_bench import Bench

    with Bench() as started:
        started.activate()
        yield started
