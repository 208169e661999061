"""rclpy for tests in this process, apart from other ROS 2 programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import ModuleType

import pytest

from seem_ros.demo import environment

for name in ("ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_DOMAIN_ID"):
    os.environ.pop(name, None)  # a shell's own may be those of a robot
environment.isolate(1 + os.getpid() % 101)  # above 101 lie ports that Linux lends


@pytest.fixture(scope="module")
def ros() -> Iterator[ModuleType]:
    """Initialise rclpy for one file; skip where ROS 2 or the built messages are missing."""
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
    pytest.importorskip("seem_ros.msg", reason="needs the built messages: colcon build")
    rclpy.init()
    yield rclpy
    rclpy.try_shutdown()
