"""~/status and /diagnostics: how the node is doing."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from seem_ros import msg
from seem_ros.ros.health.diagnostics import diagnostic_array
from seem_ros.ros.health.monitor import Monitor, status_message
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.node import qos
from seem_ros.ros.node.worker import Worker


class Reporter:
    """Publishes the node's health in every lifecycle state; its publishers are not managed.

    Attributes:
        monitor: the health.
        worker: whose counters are published; None while the node is not configured.

    """

    def __init__(self, node: Node) -> None:
        """Create the publishers."""
        self._node = node
        self._status = node.create_publisher(msg.Status, "~/status", qos.latched())
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", qos.reliable())
        self.monitor = Monitor(Problems(node.get_logger()))
        self.worker: Worker | None = None

    def publish_status(self) -> None:
        """Publish ~/status."""
        view = self.worker.view if self.worker else None
        self._status.publish(status_message(self.monitor, view, self._counts()))

    def publish_diagnostics(self, problems_3d: dict[str, str] | None = None) -> None:
        """Publish /diagnostics; `problems_3d` is None where there is no 3-D side."""
        stamp = self._node.get_clock().now().to_msg()
        name = self._node.get_fully_qualified_name().lstrip("/")
        array = diagnostic_array(name, stamp, self.monitor, self._counts(), problems_3d)
        self._diagnostics.publish(array)

    def _counts(self) -> dict[str, int]:
        worker = self.worker
        return {
            "images_received": worker.inbox.frames.received if worker else 0,
            "images_dropped": worker.dropped if worker else 0,
            "images_unreadable": worker.unreadable if worker else 0,
        }
