"""rclpy for the tests of the demo's nodes."""

from support.rclpy_context import ros

__all__ = ["ros"]
