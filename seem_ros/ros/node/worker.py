"""The one thread that runs the tracker.

Callbacks only put things into the inbox. Controls (remove, select, …) are checked against the
view, which is what the last frame showed, and answered at once; the tracker follows as soon as the
model is free, before anything newer is published.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

import numpy as np

from seem_ros.ros.messages.frames import Frame, FrameResult
from seem_ros.ros.node.inbox import ClosedError, Control, Inbox, Job
from seem_ros.ros.node.prompt_requests import Outcome, Request, drawable
from seem_ros.tracking.clock import REORDER_NS
from seem_ros.tracking.config import PromptReport

NO_IMAGE = "no image yet: check the image topic, then send the prompt again"


class Listener(Protocol):
    """Who hears what the worker did; called on the worker's thread."""

    def on_frame(self, header: Any) -> None:
        """Take note that a frame with this std_msgs/Header is worked on from now on."""

    def on_result(self, result: FrameResult) -> None:
        """Take the instances after a frame or a control."""

    def on_outcome(self, request: Request, outcome: Outcome) -> None:
        """Take the end of a prompt."""

    def on_unreadable(self, frame: Frame, error: ValueError) -> None:
        """Take note of a frame that could not be decoded."""

    def on_failure(self, error: Exception) -> None:
        """Take note of an exception in the model; the worker goes on with the next frame."""


class Worker:
    """Runs a tracker on the newest frame; one thread, started and stopped with the node.

    Attributes:
        inbox: what waits for the model.
        tracker: the seem_ros Tracker; only this thread touches it while the worker runs.
        view: the last result with all controls since applied; None before the first frame.
        unreadable: frames that could not be decoded.
        outdated: frames refused by `is_current`.

    """

    def __init__(
        self,
        tracker: Any,
        listener: Listener,
        is_current: Callable[[Frame], bool] = lambda frame: True,
    ) -> None:
        """Take a seem_ros Tracker, who listens, and which frames are fresh enough to be used."""
        self.inbox = Inbox()
        self.tracker = tracker
        self.view: FrameResult | None = None
        self.unreadable = 0
        self.outdated = 0
        self._listener = listener
        self._is_current = is_current
        self._thread: threading.Thread | None = None

    @property
    def dropped(self) -> int:
        """Frames received and never segmented."""
        return self.inbox.frames.dropped + self.unreadable + self.outdated

    def start(self) -> None:
        """Start the thread and count frames from 0."""
        self.unreadable = self.outdated = 0
        self.inbox.open()
        self._thread = threading.Thread(target=self._run, name="seem_worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse what waits, let the running step end, and join the thread."""
        waiting = self.inbox.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._refuse(waiting, "the node was deactivated")

    def submit(self, request: Request) -> None:
        """Queue a prompt; it ends as refused at once while the worker is stopped."""
        try:
            self.inbox.put_request(request)
        except ClosedError as error:
            self._refuse([request], str(error))

    def control(
        self, change: Callable[[FrameResult | None], FrameResult | None], action: Control
    ) -> None:
        """Change the view now, and the tracker by `action` when the model is free.

        Raises:
            Exception: whatever `change` raises; nothing is changed then.

        """
        with self.inbox.lock:
            self.view = change(self.view)
            self.inbox.put_control(action)

    def run_job(self, job: Job) -> Future[Any]:
        """Run a function of the tracker between two frames; return its future.

        Raises:
            ClosedError: the worker is stopped.

        """
        return self.inbox.put_job(job)

    def withdraw(self, reason: str, newest_only: bool = False) -> int:
        """Refuse the prompts that still wait, or only the newest; return how many."""
        withdrawn = self.inbox.withdraw(newest_only)
        self._refuse(withdrawn, reason)
        return len(withdrawn)

    def _run(self) -> None:
        while self.inbox.wait():
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 the node outlives faults of model and outputs
                self._listener.on_failure(error)

    def _work(self) -> None:
        controls = self.inbox.take_controls()
        if controls:
            seen = self.view and dataclasses.replace(self.view, inference_s=0.0, is_new=False)
            self._publish(seen, controls)
        self._do_job()
        requests = self.inbox.take_requests()
        frame = self._fresh(self.inbox.frames.take())
        result = self.view if frame is None else self._loaded(frame)
        if result is None:
            self._refuse(requests, NO_IMAGE)
        elif requests or result is not self.view:
            self._step(result, requests)

    def _do_job(self) -> None:
        waiting = self.inbox.take_job()
        if waiting is None or not waiting[1].set_running_or_notify_cancel():
            return
        job, future = waiting
        try:
            future.set_result(job(self.tracker))
        except Exception as error:  # noqa: BLE001 it belongs to who asked
            future.set_exception(error)

    def _fresh(self, frame: Frame | None) -> Frame | None:
        if frame is None or (self._is_current(frame) and not self._is_late(frame)):
            return frame
        self.outdated += 1
        return None

    def _is_late(self, frame: Frame) -> bool:
        """Whether the frame was overtaken; one from much earlier means that time started again."""
        if self.view is None or frame.stamp_ns == 0:
            return False
        behind_ns = self.view.stamp_ns - frame.stamp_ns
        return 0 < behind_ns <= REORDER_NS

    def _loaded(self, frame: Frame) -> FrameResult | None:
        """Decode a frame; one that cannot be read is counted, and the last result is returned."""
        self._listener.on_frame(frame.message.header)
        try:
            rgb = np.asarray(frame.read(frame.message))
        except ValueError as error:
            self.unreadable += 1
            self._listener.on_unreadable(frame, error)
            return self.view
        return FrameResult(frame.message.header, rgb, received_s=frame.received_s)

    def _step(self, result: FrameResult, requests: Sequence[Request]) -> None:
        """Run the tracker on a frame and publish what it holds then."""
        prompts = tuple(item.prompt for item in requests)
        before = {instance.id for instance in self.tracker.instances}
        started = time.monotonic()
        try:
            self.tracker.step(result.rgb, stamp_ns=result.stamp_ns, prompts=prompts)
        except Exception as error:
            self.tracker.discard_waiting()
            self._refuse(requests, f"the model failed: {error}")
            raise
        reports = self._reports(len(requests))
        result = dataclasses.replace(
            result,
            prompts=drawable(prompts, reports, result.size),
            inference_s=time.monotonic() - started,
            is_new=result is not self.view,
        )
        made = tuple(item.id for item in self.tracker.instances if item.id not in before)
        published = self._publish(result, self.inbox.take_controls())
        for request, report in zip(requests, reports, strict=True):
            code = "done" if report.code == "accepted" else report.code
            outcome = Outcome(code, report.message, report.instance_id, published, made)
            self._finish(request, outcome)

    def _reports(self, count: int) -> list[Any]:
        """Return what the tracker says of the prompts of this step."""
        reports = list(self.tracker.reports)
        if len(reports) == count:
            return reports
        self.tracker.discard_waiting()
        return [PromptReport("", "refused", "the image was skipped: send it again")] * count

    def _publish(
        self, result: FrameResult | None, controls: Sequence[Control]
    ) -> FrameResult | None:
        """Apply controls, make what the tracker then holds the view, and tell the listener."""
        with self.inbox.lock:
            for control in (*controls, *self.inbox.take_controls()):
                with contextlib.suppress(ValueError):  # what it names went in the step before
                    control(self.tracker)
            if result is None:
                return None
            self.view = result = dataclasses.replace(
                result,
                instances=tuple(self.tracker.instances),
                target_id=self.tracker.target_id,
            )
        try:
            self._listener.on_result(result)
        except Exception as error:  # noqa: BLE001 a faulty output must not swallow the answers
            self._listener.on_failure(error)
        return result

    def _refuse(self, requests: Sequence[Request], reason: str) -> None:
        for request in requests:
            self._finish(request, Outcome("refused", reason, result=self.view))

    def _finish(self, request: Request, outcome: Outcome) -> None:
        if request.finish(outcome):
            self._listener.on_outcome(request, outcome)
        elif request.exclusive and outcome.created:
            gone = outcome.created
            self.control(
                lambda view: view and view.without(gone), lambda tracker: tracker.remove(gone)
            )
