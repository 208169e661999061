"""~/status and /diagnostics: how the node is doing with a camera."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType

from seem_ros import msg
from seem_ros.ros import qos
from seem_ros.ros.health.diagnostics import diagnostic_array
from seem_ros.ros.health.monitor import NAME_TAKEN, Monitor
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.messages.frame_messages import STATES
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.names import NameWatch
from seem_ros.ros.one_line import NAME, one_line
from seem_ros.ros.scope import Scope


class Workload(Protocol):
    """What is reported of the work of a configured node, beside its health."""

    @property
    def view(self) -> FrameResult | None:
        """The last result."""

    @property
    def image_counts(self) -> Mapping[str, int]:
        """The images_… fields of Status.msg."""

    @property
    def problems_3d(self) -> Mapping[str, str]:
        """What is wrong with the 3-D side, by subject."""

    def check(self) -> None:
        """Look for what goes wrong silently, just before a report."""


class Reporter:
    """Publishes the node's health in every lifecycle state; its publishers are not managed.

    It reports on a steady clock: also while simulated time stands still or has not begun.

    Attributes:
        monitor: the health.
        work: None while the node is not configured.

    """

    def __init__(self, scope: Scope, period_s: float) -> None:
        """Create the publishers and report every `period_s` seconds."""
        self._scope, node = scope, scope.node
        self._name = NameWatch(node)
        self._lock = threading.Lock()
        self._status = node.create_publisher(msg.Status, scope.own("status"), qos.latched())
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", qos.reliable())
        self.monitor = Monitor(Problems(scope.logger))
        self.work: Workload | None = None
        group, clock = MutuallyExclusiveCallbackGroup(), Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(period_s, self._report, group, clock)
        self.publish()

    def repeat_every(self, period_s: float) -> None:
        """Report every `period_s` seconds from now on."""
        self._timer.timer_period_ns = round(period_s * 1e9)

    def publish(self) -> None:
        """Publish ~/status and /diagnostics."""
        self.publish_status()
        self._publish_diagnostics()

    def _report(self) -> None:
        self.monitor.problems.set(NAME_TAKEN, self._name.problem())
        work = self.work
        if work is not None:
            work.check()
        self.publish()

    def publish_status(self) -> None:
        """Publish ~/status."""
        with self._lock:  # so that what is published last is what holds now
            self._status.publish(self._status_message())

    def _status_message(self) -> msg.Status:
        monitor, work = self.monitor, self.work
        view = work.view if work else None
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
            **(work.image_counts if work else {}),
        )
        if view is not None:
            status.header = view.header
            status.instance_count = len(view.instances)
            status.instances_waiting = view.waiting
            target = view.instance(view.target_id)
            if target is not None:
                status.target_id = target.id
                status.target_label = one_line(target.name, NAME)
                status.target_state = STATES[target.state]
        return status

    def _publish_diagnostics(self) -> None:
        work = self.work
        stamp = self._scope.node.get_clock().now().to_msg()
        counts = work.image_counts if work else {}
        problems_3d = work.problems_3d if work else {}
        array = diagnostic_array(self._scope.name, stamp, self.monitor, counts, problems_3d)
        self._diagnostics.publish(array)
