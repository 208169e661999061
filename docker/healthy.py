"""Exit with 0 where seem_node reports on ~/status and can work, else with 1."""

from __future__ import annotations

import sys
import time

import rclpy

from seem_ros.msg import Status
from seem_ros.ros import qos

_WAIT_S = 8.0


def main() -> None:
    """Wait for one status."""
    heard: list[Status] = []
    rclpy.init()
    node = rclpy.create_node("seem_health", start_parameter_services=False)
    node.create_subscription(Status, "/seem_node/status", heard.append, qos.latched())
    end = time.monotonic() + _WAIT_S
    while not heard and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.5)
    rclpy.try_shutdown()
    if not heard:
        sys.exit("no /seem_node/status")
    if heard[-1].state == Status.ERROR:
        sys.exit(heard[-1].message)
    print(heard[-1].message)


if __name__ == "__main__":
    main()
