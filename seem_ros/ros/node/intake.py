"""Every prompt enters here, from whichever topic, service or action, and is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from std_msgs.msg import Header

from seem_ros.prompts import Prompt
from seem_ros.ros.health.monitor import Monitor
from seem_ros.ros.messages import instance_messages
from seem_ros.ros.node.prompt_requests import Outcome, Request
from seem_ros.ros.node.worker import Worker


class PromptIntake:
    """Makes requests of prompts and says on ~/prompt_status what became of each."""

    def __init__(
        self,
        worker: Worker,
        monitor: Monitor,
        publish: Callable[[Any], None],
        logger: Any,
    ) -> None:
        """Feed a worker; `publish` takes a seem_ros/PromptStatus."""
        self._worker = worker
        self._monitor = monitor
        self._publish = publish
        self._logger = logger

    def submit(
        self,
        make: Callable[[], Prompt],
        *,
        prompt_id: str = "",
        source: str = "",
        exclusive: bool = False,
        prepare: Callable[[Outcome], Any] | None = None,
    ) -> Request:
        """Queue the prompt that `make` returns; when it raises ValueError, refuse it as that.

        Args:
            make: called once.
            prompt_id: the sender's, for the answer when there is no prompt.
            source: the sender, likewise.
            exclusive: see Request.
            prepare: see Request.

        """
        try:
            request = Request(make(), exclusive=exclusive, prepare=prepare)
        except ValueError as error:
            return self._refused(Request(Prompt(id=prompt_id, source=source)), str(error))
        if not self._monitor.enabled:
            return self._refused(request, "the node is switched off: call ~/enable with true")
        if self._monitor.received_s is not None and self._worker.inbox.is_open:
            self._answer(request, "accepted", "works on the next image")
        self._worker.submit(request)
        return request

    def report(self, request: Request, outcome: Outcome) -> None:
        """Say how a prompt ended."""
        if outcome.code != "done":
            self._monitor.note_refusal(outcome.message)
        self._answer(request, outcome.code, outcome.message, outcome.instance_id, outcome)
        prompt = request.prompt
        what = f"'{prompt.text}'" if prompt.text else prompt.mode.name.lower()
        source = f" from {prompt.source}" if prompt.source else ""
        ended = outcome.code.replace("_", " ")
        self._logger.info(f"{prompt.id} ({what}{source}): {ended}: {outcome.message}")

    def _refused(self, request: Request, reason: str) -> Request:
        outcome = Outcome("refused", reason, result=self._worker.view)
        request.finish(outcome)
        self.report(request, outcome)
        return request

    def _answer(
        self,
        request: Request,
        code: str,
        message: str,
        instance_id: int = 0,
        outcome: Outcome | None = None,
    ) -> None:
        result = outcome.result if outcome else self._worker.view
        header = result.header if result else Header()
        status = instance_messages.prompt_status(
            request.prompt.id, code, message, instance_id, header
        )
        self._publish(status)
