"""The node's services. Those that change instances answer at once; two wait for the model."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from seem_ros import msg, srv
from seem_ros.prompts import Mode
from seem_ros.ros.messages import images, instance_messages
from seem_ros.ros.messages.frames import FrameResult
from seem_ros.ros.messages.prompt_messages import prompt_from_message
from seem_ros.ros.node.controls import Controls
from seem_ros.ros.node.engine import Engine, failure_message
from seem_ros.ros.node.inbox import ClosedError
from seem_ros.ros.node.intake import PromptIntake
from seem_ros.ros.node.outputs import Outputs
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.node.worker import Worker


class Services:
    """Offers the services while it exists; `destroy` ends that."""

    def __init__(
        self,
        node: Node,
        engine: Engine,
        worker: Worker,
        intake: PromptIntake,
        outputs: Outputs,
        parameters: Callable[[], NodeParameters],
        enable: Callable[[bool], None],
        changed: Callable[[], None],
    ) -> None:
        """Create the services.

        Args:
            node: of the services.
            engine: segments single images.
            worker: runs the model.
            intake: takes prompts.
            outputs: makes the messages of replies.
            parameters: returns the values that hold now.
            enable: switches segmentation on and off.
            changed: called after a control has changed what ~/status says.

        """
        self._node = node
        self._engine = engine
        self._worker = worker
        self._intake = intake
        self._outputs = outputs
        self._parameters = parameters
        self._enable = enable
        self._changed = changed
        self._controls = Controls(worker)
        self._services: list[Any] = []
        at_once = MutuallyExclusiveCallbackGroup()
        self._offer(srv.SelectTarget, "~/select_target", self._on_select, at_once)
        self._offer(srv.RemoveInstances, "~/remove_instances", self._on_remove, at_once)
        self._offer(srv.RenameInstance, "~/rename_instance", self._on_rename, at_once)
        self._offer(srv.ListInstances, "~/list_instances", self._on_list, at_once)
        self._offer(Trigger, "~/undo", self._on_undo, at_once)
        self._offer(Trigger, "~/reset", self._on_reset, at_once)
        self._offer(SetBool, "~/enable", self._on_enable, at_once)
        # A waiting callback holds a thread of the executor; a group each lets at most one wait.
        waiting = MutuallyExclusiveCallbackGroup()
        self._offer(srv.AddPrompt, "~/add_prompt", self._on_add_prompt, waiting)
        waiting = MutuallyExclusiveCallbackGroup()
        self._offer(srv.SegmentImage, "~/segment_image", self._on_segment_image, waiting)

    def destroy(self) -> None:
        """Destroy the services."""
        for service in self._services:
            self._node.destroy_service(service)
        self._services = []

    def _offer(
        self, kind: type[Any], name: str, callback: Callable[..., Any], group: CallbackGroup
    ) -> None:
        service = self._node.create_service(kind, name, callback, callback_group=group)
        self._services.append(service)

    def _control(self, name: str, response: Any, change: Callable[[], str]) -> Any:
        """Answer with what a change says, or with why it was refused."""
        try:
            if not self._worker.inbox.is_open:
                raise ClosedError("the node is not active")
            response.message = change()
            response.success = True
        except (ValueError, ClosedError) as error:
            response.success, response.message = False, str(error)
        self._node.get_logger().info(f"{name}: {response.message}")
        self._changed()
        return response

    def _on_select(self, request: Any, response: Any) -> Any:
        def change() -> str:
            chosen = self._controls.select(request.instance_id)
            return f"instance {chosen.id} is the target" if chosen else "no target"

        return self._control("select_target", response, change)

    def _on_remove(self, request: Any, response: Any) -> Any:
        def change() -> str:
            response.removed = self._controls.remove(request.instance_ids)
            return f"removed {', '.join(map(str, response.removed)) or 'none, there was none'}"

        return self._control("remove_instances", response, change)

    def _on_rename(self, request: Any, response: Any) -> Any:
        def change() -> str:
            label = request.label.strip()
            renamed = self._controls.rename(request.instance_id, label)
            return f"instance {renamed} is {label!r}" if label else f"{renamed} has no name now"

        return self._control("rename_instance", response, change)

    def _on_list(self, request: Any, response: Any) -> Any:
        if self._worker.view is not None:
            response.instances = self._outputs.instance_array(self._worker.view)
        return response

    def _on_undo(self, request: Any, response: Any) -> Any:
        return self._control("undo", response, self._controls.undo)

    def _on_reset(self, request: Any, response: Any) -> Any:
        return self._control("reset", response, self._controls.reset)

    def _on_enable(self, request: Any, response: Any) -> Any:
        def change() -> str:
            self._enable(request.data)
            return "images are segmented" if request.data else "switched off"

        return self._control("enable", response, change)

    def _on_add_prompt(self, request: Any, response: Any) -> Any:
        prompt = request.prompt
        asked = self._intake.submit(
            lambda: prompt_from_message(prompt),
            prompt_id=prompt.id,
            source=prompt.source,
            exclusive=True,
        )
        limit_s = self._parameters().segment_timeout
        outcome = asked.wait(limit_s)
        if outcome is None and asked.abandon():
            response.code = msg.PromptStatus.REFUSED
            response.message = f"no answer of the model within {limit_s:g} s (segment_timeout)"
            return response
        outcome = outcome or asked.wait()
        response.success = outcome.code == "done"
        response.code = instance_messages.CODES[outcome.code]
        response.message, response.instance_id = outcome.message, outcome.instance_id
        return response

    def _on_segment_image(self, request: Any, response: Any) -> Any:
        limit_s = self._parameters().segment_timeout
        try:
            future = self._worker.run_job(lambda _: self._segment(request, response))
            future.result(timeout=limit_s)
        except (ClosedError, ValueError) as error:
            response.message = str(error)
        except (MemoryError, RuntimeError) as error:  # what a model raises
            response.message = failure_message(error)
        except concurrent.futures.CancelledError:
            response.message = "the node was deactivated"
        except concurrent.futures.TimeoutError:
            future.cancel()
            response = type(response)(
                message=f"no answer of the model within {limit_s:g} s (segment_timeout)"
            )
        return response

    def _segment(self, request: Any, response: Any) -> None:
        """Fill a reply on the worker's thread."""
        rgb = images.to_rgb(request.image)
        prompt = dataclasses.replace(
            prompt_from_message(request.prompt), mode=Mode.ADD, instance_id=0, stamp_ns=0
        )
        tracker = self._engine.fresh_tracker()
        tracker.step(rgb, prompts=[prompt])
        (report,) = tracker.reports
        response.success = report.code == "accepted"
        response.message = report.message
        result = FrameResult(request.image.header, rgb, tuple(tracker.instances))
        response.instances = self._outputs.instance_array(result)
        response.label_image = instance_messages.label_image(
            result.instances, result.size, result.header
        )
