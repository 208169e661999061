"""What the thread of the model does for one camera.

Callbacks only put things into the inbox. Controls (remove, select, …) are checked against the
view, which is what the last frame showed, and answered at once; the tracker follows as soon as the
model is free, before anything newer is published.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from seem_ros.ros.messages.frame_result import FrameResult, drawable
from seem_ros.ros.node.inbox import Control, Inbox, ReceivedImage
from seem_ros.ros.node.queued_prompt import Outcome, QueuedPrompt
from seem_ros.ros.node.rota import Rota
from seem_ros.ros.node.worker_observer import WorkerObserver
from seem_ros.tracker import PromptReport, Tracker
from seem_ros.tracking.config import REFUSED

NO_IMAGE = "no image yet: check the image topic, then send the prompt again"


class Worker:
    """Runs a tracker on the newest frame of a camera, in turns; started and stopped with the node.

    Attributes:
        inbox: what waits for the model.
        tracker: only the rota's thread touches it while the worker runs.
        view: the last result with all controls since applied; None before the first frame.
        unreadable: images that could not be decoded.
        outdated: images refused by `is_current`, or overtaken by newer ones.

    """

    def __init__(
        self,
        tracker: Tracker,
        observer: WorkerObserver,
        is_current: Callable[[ReceivedImage], bool] = lambda image: True,
        rota: Rota | None = None,
    ) -> None:
        """Take a tracker, who is told, which images are fresh enough, and who else takes turns."""
        self._rota = rota or Rota()
        self.inbox = Inbox(self._rota.lock)
        self.tracker = tracker
        self.view: FrameResult | None = None
        self.unreadable = 0
        self.outdated = 0
        self._observer = observer
        self._is_current = is_current

    @property
    def image_counts(self) -> dict[str, int]:
        """The images_… fields of Status.msg; dropped are those received and never segmented."""
        return {
            "images_received": self.inbox.images_received,
            "images_dropped": self.inbox.images_dropped + self.unreadable + self.outdated,
            "images_unreadable": self.unreadable,
        }

    def start(self) -> None:
        """Take turns, and count images from 0."""
        self.unreadable = self.outdated = 0
        self.inbox.open()
        self._rota.enter(self)

    def stop(self) -> None:
        """Let the running step end, and refuse what waits."""
        waiting = self.inbox.close()
        self._rota.leave(self)
        _refuse(waiting, "the node was deactivated")

    def control(self, view: FrameResult | None, action: Control) -> None:
        """Change the view now, and the tracker by `action` when the model is free.

        The caller holds the inbox's lock from where it reads the view.
        """
        self.view = view
        self.inbox.put_control(action)

    @property
    def has_work(self) -> bool:
        """Whether something waits for the model."""
        return self.inbox.has_work

    def work(self) -> None:
        """Take one turn: controls, one job, and prompts or the newest image."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 the node outlives faults of model and outputs
            self._observer.on_failure(error)

    def _work(self) -> None:
        controls = self.inbox.take_controls()
        if controls:
            seen = self.view and dataclasses.replace(self.view, inference_s=0.0, is_new=False)
            self._publish(seen, controls)
        self._do_job()
        prompts = self.inbox.take_prompts()
        try:
            self._look(prompts)
        except Exception as error:
            unanswered = [queued for queued in prompts if queued.outcome is None]
            _refuse(unanswered, f"the model failed: {error}")
            raise

    def _look(self, prompts: Sequence[QueuedPrompt]) -> None:
        """Work on the newest image, or with prompts on the last one again."""
        image = self._fresh(self.inbox.take_image())
        frame = self.view if image is None else self._decoded(image)
        if frame is None:
            _refuse(prompts, NO_IMAGE)
        elif prompts or frame is not self.view:
            self._step(frame, prompts)

    def _do_job(self) -> None:
        waiting = self.inbox.take_job()
        if waiting is None or not waiting[1].set_running_or_notify_cancel():
            return
        job, future = waiting
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 it belongs to who asked
            future.set_exception(error)

    def _fresh(self, image: ReceivedImage | None) -> ReceivedImage | None:
        """Return the image unless it is too old or was overtaken."""
        if image is None:
            return None
        if self._is_current(image) and not self.tracker.skip_if_late(image.time_ns):
            return image
        self.outdated += 1
        return None

    def _decoded(self, image: ReceivedImage) -> FrameResult | None:
        """Decode an image; one that cannot be read is counted, and the view is returned."""
        try:
            rgb = np.asarray(image.read(image.message))
        except ValueError as error:
            self.unreadable += 1
            self._observer.on_unreadable(error)
            return self.view
        self._observer.on_frame(image.message.header)
        return FrameResult(image.message.header, rgb, received_s=image.received_s)

    def _step(self, frame: FrameResult, queued: Sequence[QueuedPrompt]) -> None:
        """Run the tracker on a frame and publish what it holds then."""
        prompts = tuple(item.prompt for item in queued)
        before = {instance.id for instance in self.tracker.instances}
        started = time.monotonic()
        try:
            self.tracker.step(frame.rgb, stamp_ns=frame.stamp_ns, prompts=prompts)
        except Exception:
            self.tracker.discard_waiting()
            raise
        reports = self._reports(len(queued))
        pairs = zip(prompts, reports, strict=True)
        done = [prompt for prompt, report in pairs if report.code != REFUSED]
        result = dataclasses.replace(
            frame,
            prompts=drawable(done, frame.size),
            others=tuple(mask for report in reports for mask in report.others),
            inference_s=time.monotonic() - started,
            is_new=frame is not self.view,
            is_blank=self.tracker.state.frame.small.is_blank,
        )
        made = tuple(item.id for item in self.tracker.instances if item.id not in before)
        published = self._publish(result, self.inbox.take_controls())
        if queued:
            self._observer.settle()
        for item, report in zip(queued, reports, strict=True):
            code = "done" if report.code == "accepted" else report.code
            outcome = Outcome(code, report.message, report.instance_id, published, made)
            self._finish(item, outcome)
        self._complete_names()

    def _complete_names(self) -> None:
        """Ask for names that masks did not wait for; the next frame shows them, if one waits."""
        if self.tracker.complete_names() and self.view is not None and not self.inbox.has_image:
            seen = dataclasses.replace(self.view, inference_s=0.0, is_new=False)
            self._publish(seen, self.inbox.take_controls())

    def _reports(self, count: int) -> list[PromptReport]:
        """Return what the tracker says of the prompts of this step."""
        reports = list(self.tracker.reports)
        if len(reports) == count:
            return reports
        self.tracker.discard_waiting()
        return [PromptReport("", REFUSED, "the image was skipped: send it again")] * count

    def _publish(
        self, result: FrameResult | None, controls: Sequence[Control]
    ) -> FrameResult | None:
        """Apply controls, make what the tracker then holds the view, and tell the observer."""
        self._apply(controls)  # not under the lock: one that takes back asks the model
        with self.inbox.lock:
            self._apply(self.inbox.take_controls())
            if result is None:
                return None
            self.view = result = dataclasses.replace(
                result,
                instances=tuple(self.tracker.instances),
                target_id=self.tracker.target_id,
                waiting=self.tracker.waiting,
            )
        try:
            self._observer.on_result(result)
        except Exception as error:  # noqa: BLE001 a faulty output must not swallow the answers
            self._observer.on_failure(error)
        return result

    def _apply(self, controls: Sequence[Control]) -> None:
        for control in controls:
            try:
                control(self.tracker)
            except ValueError:
                continue  # what it names went in the step before
            except Exception as error:  # noqa: BLE001 the others were promised, too
                self._observer.on_failure(error)

    def _finish(self, queued: QueuedPrompt, outcome: Outcome) -> None:
        """End a prompt; what an abandoned one brought into being goes again."""
        if queued.finish(outcome) or not queued.exclusive or not outcome.created:
            return
        gone = outcome.created
        with self.inbox.lock:
            seen = self.view and self.view.without(gone)
            self.control(seen, lambda tracker: tracker.remove(gone))


def _refuse(prompts: Sequence[QueuedPrompt], reason: str) -> None:
    for queued in prompts:
        queued.refuse(reason)
