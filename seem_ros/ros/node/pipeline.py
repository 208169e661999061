"""All parts of a configured seem_node, joined: inputs, worker, outputs, services, action."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.timer import Timer

from seem_ros import msg
from seem_ros.prompts import Prompt
from seem_ros.ros.health.monitor import IMAGE, MODEL
from seem_ros.ros.health.reporter import Reporter
from seem_ros.ros.messages.frames import Frame, FrameResult
from seem_ros.ros.node import engine, qos
from seem_ros.ros.node.engine import Engine
from seem_ros.ros.node.inputs import Inputs
from seem_ros.ros.node.intake import PromptIntake
from seem_ros.ros.node.outputs import Outputs
from seem_ros.ros.node.parameters import NodeParameters, ParameterStore
from seem_ros.ros.node.prompt_requests import Outcome, Request
from seem_ros.ros.node.segment_action import SegmentAction
from seem_ros.ros.node.services import Services
from seem_ros.ros.node.worker import Worker
from seem_ros.ros.space.clicked_points import ClickedPoints
from seem_ros.ros.space.outputs import Spatial
from seem_ros.ros.space.parameters import SpatialParameters


class Pipeline:
    """Exists while the node is configured, runs between `start` and `stop`.

    It is the worker's listener: on_… are called on the worker's thread.
    """

    def __init__(
        self, node: LifecycleNode, loaded: Engine, store: ParameterStore, reporter: Reporter
    ) -> None:
        """Create publishers, services and the action; nothing is received yet."""
        self._node = node
        self._engine = loaded
        self._store = store
        self._reporter = reporter
        self._monitor = reporter.monitor
        self._running: list[Any] = []
        self._timer: Timer | None = None
        self._spatial: Spatial | None = None
        self.worker = Worker(loaded.tracker, self, self._is_current)
        self._answers = node.create_lifecycle_publisher(
            msg.PromptStatus,
            "~/prompt_status",
            qos.reliable(),
            qos_overriding_options=qos.overridable(),
        )
        self._intake = PromptIntake(
            self.worker, self._monitor, self._answers.publish, node.get_logger()
        )
        self._outputs = Outputs(
            node, self._parameters, lambda: self._monitor.overlay_line, self._fill_3d
        )
        self._services = self._offer_services()
        self._action = SegmentAction(
            node,
            self.worker,
            self._intake,
            self._outputs,
            self._parameters,
            self._lack_of_images,
            self._make_cloud,
        )

    def start(self) -> None:
        """Start the worker, then receive images and prompts."""
        node, parameters = self._node, self._parameters()
        self._monitor.active = True
        self._monitor.note_start()
        self._spatial = Spatial(
            node, lambda: self._store.values[SpatialParameters], MutuallyExclusiveCallbackGroup()
        )
        self.worker.start()
        clicks = ClickedPoints(node, self._on_clicked, MutuallyExclusiveCallbackGroup())
        self._running.append(clicks)
        transport, put_frame = parameters.image_transport, self.worker.inbox.put_frame
        self._running.append(Inputs(node, transport, put_frame, self._intake, self._monitor))
        self._timer = node.create_timer(
            parameters.status_period, self._on_timer, MutuallyExclusiveCallbackGroup()
        )
        self._reporter.publish_status()

    def stop(self) -> None:
        """Receive nothing more, answer who waits, stop the worker."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
        for part in self._running:
            part.destroy()
        self._running = []
        self._action.stop("the node was deactivated")
        self.worker.stop()
        if self._spatial is not None:
            self._spatial.destroy()
            self._spatial = None
        self._monitor.active = False
        self._reporter.publish_status()

    def destroy(self) -> None:
        """Destroy publishers, services and the action."""
        self._action.destroy()
        self._services.destroy()
        self._outputs.destroy()
        self._node.destroy_lifecycle_publisher(self._answers)

    def apply_parameters(self, changed: Collection[str]) -> None:
        """Give changed parameters to the model when it is free."""
        parameters = self._parameters()
        self.worker.inbox.put_control(
            lambda tracker: engine.configure(self._engine, parameters, changed)
        )

    def on_frame(self, header: Any) -> None:
        """Keep the depth of the frame that is worked on from now on."""
        if self._spatial is not None:
            self._spatial.begin(header)

    def on_result(self, result: FrameResult) -> None:
        """Publish a frame's instances."""
        before = self._monitor.state
        self._outputs.publish(result)
        if self._spatial is not None:
            self._spatial.publish(result)
        self._monitor.note_result(result)
        if self._monitor.state != before:
            self._reporter.publish_status()

    def on_outcome(self, request: Request, outcome: Outcome) -> None:
        """Say on ~/prompt_status how a prompt ended."""
        self._intake.report(request, outcome)

    def on_unreadable(self, frame: Frame, error: ValueError) -> None:
        """Say once what is wrong with the images."""
        self._monitor.problems.note(IMAGE, str(error))
        self._reporter.publish_status()

    def on_failure(self, error: Exception) -> None:
        """Say once what is wrong with the model; the next image is tried again."""
        if MODEL not in self._monitor.problems.current:
            self._node.get_logger().error("".join(traceback.format_exception(error)))
        self._monitor.problems.note(MODEL, engine.failure_message(error))
        self._reporter.publish_status()

    def _parameters(self) -> NodeParameters:
        return self._store.values[NodeParameters]

    def _offer_services(self) -> Services:
        return Services(
            self._node,
            self._engine,
            self.worker,
            self._intake,
            self._outputs,
            self._parameters,
            self._enable,
            self._reporter.publish_status,
        )

    def _is_current(self, frame: Frame) -> bool:
        limit_s = self._parameters().max_image_age
        age_s = (self._node.get_clock().now().nanoseconds - frame.stamp_ns) / 1e9
        return limit_s == 0 or frame.stamp_ns == 0 or age_s <= limit_s

    def _enable(self, enabled: bool) -> None:
        self._monitor.enabled = enabled
        self._monitor.note_start()
        if not enabled:
            self.worker.inbox.frames.clear()

    def _lack_of_images(self) -> str:
        """Why a goal must wait; one that comes while the node is off is refused, not kept."""
        return self._monitor.lack_of_images if self._monitor.enabled else ""

    def _fill_3d(self, message: msg.InstanceArray, result: FrameResult) -> None:
        if self._spatial is not None:
            self._spatial.fill(message, result)

    def _make_cloud(self, result: FrameResult, instance_id: int) -> tuple[Any, str]:
        if self._spatial is None:
            return None, "the node is not active"
        return self._spatial.cloud(result, instance_id)

    def _on_clicked(self, click: Any, positive: bool) -> None:
        """Take a 3-D click; one that means no pixel is refused with the reason."""

        def prompt() -> Prompt:
            view, spatial = self.worker.view, self._spatial
            if view is None or spatial is None:
                raise ValueError("no image yet: a 3-D click needs one to be projected into")
            x, y = spatial.pixel(click, view)
            points = [(x, y, int(positive))]
            return Prompt(points=points, stamp_ns=view.stamp_ns, source="clicked_point")

        self._intake.submit(prompt, source="clicked_point")

    def _on_timer(self) -> None:
        self._monitor.check_input(self._parameters().no_image_timeout)
        self._reporter.publish_status()
        self._reporter.publish_diagnostics(self._spatial.problems if self._spatial else None)
