"""~/status and /diagnostics: how the node is doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from seem_ros import msg
from seem_ros.ros import qos
from seem_ros.ros.health.diagnostics import diagnostic_array
from seem_ros.ros.health.monitor import Monitor
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.messages.frame_messages import STATES
from seem_ros.ros.messages.frame_result import FrameResult


class Workload(Protocol):
    """What ~/status says of the work, beside the node's health."""

    view: FrameResult | None

    @property
    def image_counts(self) -> Mapping[str, int]:
        """The images_… fields of Status.msg."""


class Reporter:
    """Publishes the node's health in every lifecycle state; its publishers are not managed.

    Attributes:
        monitor: the health.
        work: of the worker; None while the node is not configured.

    """

    def __init__(self, node: Node) -> None:
        """Create the publishers."""
        self._node = node
        self._status = node.create_publisher(msg.Status, "~/status", qos.latched())
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", qos.reliable())
        self.monitor = Monitor(Problems(node.get_logger()))
        self.work: Workload | None = None

    def publish_status(self) -> None:
        """Publish ~/status."""
        monitor, view = self.monitor, self.work.view if self.work else None
        status = msg.Status(
            state=monitor.state,
            message=monitor.message,
            model=monitor.model,
            device=monitor.device,
            input_rate=monitor.input.rate(),
            output_rate=monitor.latency.rate(),
            latency=monitor.latency.median(),
            inference_time=monitor.inference.median(),
            heard=monitor.heard,
            **(self.work.image_counts if self.work else {}),
        )
        if view is not None:
            status.header = view.header
            status.instance_count = len(view.instances)
            target = view.instance(view.target_id)
            if target is not None:
                status.target_id = target.id
                status.target_label = target.name
                status.target_state = STATES[target.state]
        self._status.publish(status)

    def publish_diagnostics(self, problems_3d: Mapping[str, str]) -> None:
        """Publish /diagnostics, with the problems of the 3-D side by subject."""
        stamp = self._node.get_clock().now().to_msg()
        name = self._node.get_fully_qualified_name().lstrip("/")
        counts = self.work.image_counts if self.work else {}
        array = diagnostic_array(name, stamp, self.monitor, counts, problems_3d)
        self._diagnostics.publish(array)
