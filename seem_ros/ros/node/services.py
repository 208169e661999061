"""The node's services. Those that change instances answer at once; some wait for the model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.service import Service
from std_srvs.srv import SetBool, Trigger

from seem_ros import srv
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros.messages.prompt_messages import CODES
from seem_ros.ros.node.inbox import NOT_ACTIVE, ClosedError
from seem_ros.ros.node.parts import NodeParts
from seem_ros.ros.node.stateless import segment_everything, segment_image
from seem_ros.ros.node.waiting import done_by_worker, end_of
from seem_ros.ros.one_line import NAME, one_line

_LAST_ANSWER_S, _POLL_S = 2.0, 0.01

Control = Callable[[Any, Any], str]
"""Takes request and response of a service, changes something, and returns what it did."""


class Services:
    """Offers the services while it exists; `destroy` ends that."""

    def __init__(self, parts: NodeParts) -> None:
        """Create the services."""
        self._parts = parts
        self._services: list[tuple[Service, CallbackGroup]] = []
        self._offer_controls()
        # A waiting callback holds a thread of the executor; a group each lets at most one wait.
        self._offer(srv.AddPrompt, "add_prompt", self._on_add_prompt)
        self._offer(srv.NextReading, "next_reading", self._on_next_reading)
        self._offer(srv.SegmentImage, "segment_image", self._on_segment_image)
        self._offer(srv.SegmentEverything, "segment_everything", self._on_segment_everything)

    def destroy(self) -> None:
        """Destroy the services; first whoever waits for one gets the answer."""
        deadline_s = time.monotonic() + _LAST_ANSWER_S
        for service, group in self._services:
            while not group.can_execute(service) and time.monotonic() < deadline_s:
                time.sleep(_POLL_S)
            self._parts.scope.node.destroy_service(service)
        self._services = []

    def _offer(
        self,
        kind: type[Any],
        name: str,
        callback: Callable[[Any, Any], Any],
        group: CallbackGroup | None = None,
    ) -> None:
        group = group or MutuallyExclusiveCallbackGroup()
        scope = self._parts.scope
        service = scope.node.create_service(kind, scope.own(name), callback, callback_group=group)
        self._services.append((service, group))

    def _offer_controls(self) -> None:
        group = MutuallyExclusiveCallbackGroup()
        controls: tuple[tuple[type[Any], str, Control], ...] = (
            (srv.SelectTarget, "select_target", self._select),
            (srv.RemoveInstances, "remove_instances", self._remove),
            (srv.RenameInstance, "rename_instance", self._rename),
            (Trigger, "undo", lambda request, response: self._parts.controls.undo()),
            (Trigger, "reset", lambda request, response: self._parts.controls.reset()),
            (SetBool, "enable", self._enable),
        )
        for kind, name, control in controls:
            self._offer(kind, name, self._answered(name, control), group)
        self._offer(srv.ListInstances, "list_instances", self._on_list, group)

    def _answered(self, name: str, control: Control) -> Callable[[Any, Any], Any]:
        """Return a callback that answers with what a control says, or with why it was refused."""

        def callback(request: Any, response: Any) -> Any:
            try:
                if not self._parts.worker.inbox.is_open:
                    raise ClosedError(NOT_ACTIVE)
                response.message = control(request, response)
                response.success = True
            except (ValueError, ClosedError) as error:
                response.success, response.message = False, one_line(error)
            self._parts.scope.logger.info(f"{name}: {response.message}")
            self._parts.reporter.publish_status()
            return response

        return callback

    def _select(self, request: srv.SelectTarget.Request, _: srv.SelectTarget.Response) -> str:
        chosen = self._parts.controls.select(request.instance_id)
        return f"instance {chosen.id} is the target" if chosen else "no target"

    def _remove(
        self, request: srv.RemoveInstances.Request, response: srv.RemoveInstances.Response
    ) -> str:
        response.removed = self._parts.controls.remove(request.instance_ids)
        return f"removed {', '.join(map(str, response.removed)) or 'none, there was none'}"

    def _rename(self, request: srv.RenameInstance.Request, _: srv.RenameInstance.Response) -> str:
        label = one_line(request.label, NAME)
        renamed = self._parts.controls.rename(request.instance_id, label)
        return f"instance {renamed} is {label!r}" if label else f"{renamed} has no name now"

    def _enable(self, request: SetBool.Request, _: SetBool.Response) -> str:
        self._parts.reporter.monitor.enable(request.data)
        if not request.data:
            self._parts.worker.inbox.drop_image()
        return "images are segmented" if request.data else "switched off"

    def _on_list(
        self, _: srv.ListInstances.Request, response: srv.ListInstances.Response
    ) -> srv.ListInstances.Response:
        if self._parts.worker.view is not None:
            response.instances = self._parts.outputs.record(self._parts.worker.view)
        return response

    def _on_add_prompt(
        self, request: srv.AddPrompt.Request, response: srv.AddPrompt.Response
    ) -> srv.AddPrompt.Response:
        queued = self._parts.intake.submit_message(request.prompt, exclusive=True)
        outcome = end_of(self._parts, queued)
        response.success = outcome.code == "done"
        response.code = CODES[outcome.code]
        response.message = one_line(outcome.message)
        response.instance_id = outcome.instance_id
        return response

    def _on_next_reading(
        self, request: srv.NextReading.Request, response: srv.NextReading.Response
    ) -> srv.NextReading.Response:
        prompt = Prompt(mode=Mode.NEXT, instance_id=request.instance_id)
        outcome = end_of(self._parts, self._parts.intake.submit(prompt))
        response.success = outcome.code == "done"
        response.message = one_line(outcome.message)
        chosen = outcome.result and outcome.result.instance(outcome.instance_id)
        if response.success and chosen:
            response.reading, response.readings = chosen.reading, chosen.readings
        return response

    def _on_segment_image(
        self, request: srv.SegmentImage.Request, _: srv.SegmentImage.Response
    ) -> srv.SegmentImage.Response:
        done, reason = done_by_worker(self._parts, lambda: segment_image(self._parts, request))
        return done or srv.SegmentImage.Response(message=reason)

    def _on_segment_everything(
        self, request: srv.SegmentEverything.Request, _: srv.SegmentEverything.Response
    ) -> srv.SegmentEverything.Response:
        done, reason = done_by_worker(
            self._parts, lambda: segment_everything(self._parts, request)
        )
        return done or srv.SegmentEverything.Response(message=reason)
