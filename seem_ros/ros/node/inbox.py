"""What waits for the model: the newest frame, prompts in order, controls, and single jobs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from seem_ros.ros.messages.frames import Frame
from seem_ros.ros.node.mailbox import Mailbox
from seem_ros.ros.node.prompt_requests import Request

Control = Callable[[Any], None]
Job = Callable[[Any], Any]


class ClosedError(RuntimeError):
    """Something was put in while nobody takes it out."""


class Inbox:
    """Thread-safe queues in front of the worker.

    Attributes:
        lock: held while the queues change; take it to change something together with them.
        frames: the newest frame, and how many were received and dropped.

    """

    def __init__(self) -> None:
        """Start closed and empty."""
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._requests: deque[Request] = deque()
        self._controls: deque[Control] = deque()
        self._jobs: deque[tuple[Job, Future[Any]]] = deque()
        self._open = False
        self.frames: Mailbox[Frame] = Mailbox()

    @property
    def is_open(self) -> bool:
        """Whether prompts and jobs are taken."""
        return self._open

    @property
    def pending(self) -> int:
        """Prompts that wait."""
        return len(self._requests)

    def open(self) -> None:
        """Take prompts and jobs from now on, and count frames from 0."""
        self.frames = Mailbox()
        self._open = True

    def close(self) -> list[Request]:
        """Take nothing any more; return the prompts that waited, cancel the jobs."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            self.frames.clear()
            while self._jobs:
                self._jobs.popleft()[1].cancel()
            return self.withdraw()

    def wait(self) -> bool:
        """Wait until something is there; False when closed."""
        with self._changed:
            self._changed.wait_for(self._has_work)
            return self._open

    def put_frame(self, frame: Frame) -> None:
        """Put the newest frame in; the one that waited is dropped."""
        with self._changed:
            self.frames.put(frame)
            self._changed.notify_all()

    def put_request(self, request: Request) -> None:
        """Queue a prompt.

        Raises:
            ClosedError: nobody takes it.

        """
        with self._changed:
            self._check_open()
            self._requests.append(request)
            self._changed.notify_all()

    def put_control(self, control: Control) -> None:
        """Queue a change of the tracker; it overtakes prompts and waits while closed."""
        with self._changed:
            self._controls.append(control)
            self._changed.notify_all()

    def put_job(self, job: Job) -> Future[Any]:
        """Queue a function of the tracker that changes nothing; return its future.

        Raises:
            ClosedError: nobody takes it.

        """
        future: Future[Any] = Future()
        with self._changed:
            self._check_open()
            self._jobs.append((job, future))
            self._changed.notify_all()
        return future

    def take_requests(self) -> list[Request]:
        """Take the prompts of the next step: one exclusive prompt, or all up to the next such."""
        taken: list[Request] = []
        with self.lock:
            while self._requests and not (taken and self._alone(taken[0], self._requests[0])):
                request = self._requests.popleft()
                if not request.abandoned:
                    taken.append(request)
        return taken

    def take_controls(self) -> list[Control]:
        """Take all controls."""
        with self.lock:
            taken = list(self._controls)
            self._controls.clear()
        return taken

    def take_job(self) -> tuple[Job, Future[Any]] | None:
        """Take one job, None if there is none."""
        with self.lock:
            return self._jobs.popleft() if self._jobs else None

    def withdraw(self, newest_only: bool = False) -> list[Request]:
        """Take back the prompts that wait, or only the newest, in order."""
        with self.lock:
            count = min(1, len(self._requests)) if newest_only else len(self._requests)
            return [self._requests.pop() for _ in range(count)][::-1]

    @staticmethod
    def _alone(first: Request, second: Request) -> bool:
        return first.exclusive or second.exclusive

    def _has_work(self) -> bool:
        queued = self._requests or self._controls or self._jobs
        return not self._open or bool(queued) or bool(self.frames)

    def _check_open(self) -> None:
        if not self._open:
            raise ClosedError("the node is not active")
