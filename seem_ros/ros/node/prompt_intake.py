"""Every prompt enters here, from whichever topic, service or action, and is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from std_msgs.msg import Header

from seem_ros import msg
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.health.monitor import Monitor
from seem_ros.ros.messages.prompt_messages import prompt_from_message, prompt_status
from seem_ros.ros.node.queued_prompt import Outcome, QueuedPrompt
from seem_ros.ros.node.worker import Worker
from seem_ros.ros.one_line import NAME, one_line
from seem_ros.ros.scope import Scope

if TYPE_CHECKING:
    from seem_ros.action import Segment


class PromptIntake:
    """Queues prompts for the worker and says on ~/prompt_status what became of each."""

    def __init__(self, scope: Scope, worker: Worker, monitor: Monitor) -> None:
        """Create the publisher."""
        self._scope = scope
        self._worker = worker
        self._monitor = monitor
        self._publisher = scope.node.create_lifecycle_publisher(
            msg.PromptStatus,
            scope.own("prompt_status"),
            qos.reliable(),
            qos_overriding_options=qos.overridable(),
        )

    def destroy(self) -> None:
        """Destroy the publisher."""
        self._scope.node.destroy_lifecycle_publisher(self._publisher)

    def submit(
        self,
        prompt: Prompt,
        *,
        exclusive: bool = False,
        prepare: Callable[[Outcome], Segment.Result | None] | None = None,
    ) -> QueuedPrompt:
        """Queue a prompt; the other arguments are as of QueuedPrompt."""
        if not self._monitor.enabled:
            enable = self._scope.own("enable")
            return self.refuse(prompt, f"the node is switched off: call {enable} with true")
        queued = QueuedPrompt(prompt, self._report, exclusive=exclusive, prepare=prepare)
        if self._monitor.received_s is not None and self._worker.inbox.is_open:
            self._answer(queued, "accepted", "works on the next image")
        self._worker.inbox.put_prompt(queued)
        return queued

    def submit_message(
        self,
        message: msg.Prompt,
        *,
        exclusive: bool = False,
        prepare: Callable[[Outcome], Segment.Result | None] | None = None,
    ) -> QueuedPrompt:
        """Queue the prompt of a message; one that cannot be right is refused with the reason."""
        try:
            prompt = prompt_from_message(message)
        except ValueError as error:
            return self.refuse(Prompt(id=message.id, source=message.source), str(error))
        return self.submit(prompt, exclusive=exclusive, prepare=prepare)

    def refuse(self, prompt: Prompt, reason: str) -> QueuedPrompt:
        """Refuse a prompt before it gets to the worker."""
        queued = QueuedPrompt(prompt, self._report)
        queued.refuse(reason)
        return queued

    def _report(self, queued: QueuedPrompt, outcome: Outcome) -> None:
        """Say how a prompt ended."""
        if outcome.code != "done":
            self._monitor.note_refusal(outcome.message)
        self._answer(queued, outcome.code, outcome.message, outcome)
        prompt = queued.prompt
        text, name = one_line(prompt.text, NAME), one_line(prompt.id, NAME)
        what = f"'{text}'" if text else prompt.mode.name.lower()
        source = f" from {one_line(prompt.source, NAME)}" if prompt.source else ""
        said = f"{outcome.code.replace('_', ' ')}: {one_line(outcome.message)}"
        self._scope.logger.info(f"{name} ({what}{source}): {said}")

    def _answer(
        self, queued: QueuedPrompt, code: str, message: str, outcome: Outcome | None = None
    ) -> None:
        result = outcome.result if outcome and outcome.result else self._worker.view
        header = result.header if result else Header()
        instance_id = outcome.instance_id if outcome else 0
        self._publisher.publish(
            prompt_status(queued.prompt.id, code, message, instance_id, header)
        )
