"""What waits for the model: the newest image, prompts in order, controls, and single jobs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from seem_ros.ros.messages import stamps
from seem_ros.ros.node.queued_prompt import QueuedPrompt
from seem_ros.tracker import Tracker

if TYPE_CHECKING:
    from sensor_msgs.msg import CompressedImage, Image

Control = Callable[[Tracker], object]
Job = Callable[[], object]

NOT_ACTIVE = "the node is not active"

MOST_IN_A_STEP = 8  # prompts


class ClosedError(RuntimeError):
    """Something was put in while nobody takes it out."""


@dataclass(frozen=True, eq=False)
class ReceivedImage:
    """One image message, not decoded yet.

    Attributes:
        message: as received.
        read: turns the message into (H, W, 3) uint8 RGB, or raises ValueError.
        received_s: monotonic time of its arrival, seconds.

    """

    message: Image | CompressedImage
    read: Callable[..., np.ndarray]
    received_s: float = field(default_factory=time.monotonic)

    @property
    def stamp_ns(self) -> int:
        """Time in the header, nanoseconds; 0 is none."""
        return stamps.to_ns(self.message.header.stamp)

    @property
    def time_ns(self) -> int:
        """Time for the tracker, nanoseconds; of its arrival where it has no stamp."""
        return self.stamp_ns or round(self.received_s * 1e9)


class Inbox:
    """Thread-safe queues in front of the worker; of images only the newest is kept.

    Attributes:
        lock: held while the queues change and notified of it; take it to change something
            together with them.
        images_received: since it was opened.
        images_dropped: those replaced or dropped before they were taken.

    """

    def __init__(self, lock: threading.Condition | None = None) -> None:
        """Start closed and empty; several inboxes may share a lock, on an RLock."""
        self.lock = lock or threading.Condition(threading.RLock())
        self.images_received = self.images_dropped = 0
        self._image: ReceivedImage | None = None
        self._prompts: deque[QueuedPrompt] = deque()
        self._controls: deque[Control] = deque()
        self._jobs: deque[tuple[Job, Future[object]]] = deque()
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether prompts and jobs are taken."""
        return self._open

    @property
    def has_image(self) -> bool:
        """Whether an image waits."""
        return self._image is not None

    @property
    def has_work(self) -> bool:
        """Whether it is open and something is there."""
        queued = self._prompts or self._controls or self._jobs
        return self._open and (bool(queued) or self.has_image)

    @property
    def pending(self) -> int:
        """Prompts that wait."""
        return len(self._prompts)

    def open(self) -> None:
        """Take prompts and jobs from now on, and count images from 0."""
        with self.lock:
            self.images_received = self.images_dropped = 0
            self._image = None
            self._open = True

    def close(self) -> list[QueuedPrompt]:
        """Take nothing any more; return the prompts that waited, cancel the jobs."""
        with self.lock:
            self._open = False
            self.lock.notify_all()
            self.drop_image()
            while self._jobs:
                self._jobs.popleft()[1].cancel()
            return self.withdraw()

    def put_image(self, image: ReceivedImage) -> None:
        """Put the newest image in; the one that waited is dropped."""
        with self.lock:
            self.drop_image()
            self.images_received += 1
            self._image = image
            self.lock.notify_all()

    def put_prompt(self, queued: QueuedPrompt) -> None:
        """Queue a prompt; it ends as refused at once when nobody takes it."""
        with self.lock:
            if self._open:
                self._prompts.append(queued)
                self.lock.notify_all()
                return
        queued.refuse(NOT_ACTIVE)

    def put_control(self, control: Control) -> None:
        """Queue a change of the tracker; it overtakes prompts and waits while closed."""
        with self.lock:
            self._controls.append(control)
            self.lock.notify_all()

    def put_job(self, job: Job) -> Future[Any]:
        """Queue a function that needs the model to itself and changes nothing.

        Returns:
            Its future.

        Raises:
            ClosedError: nobody takes it.

        """
        future: Future[Any] = Future()
        with self.lock:
            if not self._open:
                raise ClosedError(NOT_ACTIVE)
            self._jobs.append((job, future))
            self.lock.notify_all()
        return future

    def take_image(self) -> ReceivedImage | None:
        """Take the newest image, None if there is none."""
        with self.lock:
            image, self._image = self._image, None
            return image

    def take_prompts(self) -> list[QueuedPrompt]:
        """Take the prompts of the next step: one exclusive prompt, or some up to the next such.

        The rest waits for the step after it, so that a crowd of prompts does not keep a frame.
        """
        taken: list[QueuedPrompt] = []
        with self.lock:
            while self._prompts and len(taken) < MOST_IN_A_STEP:
                if taken and _apart(taken[0], self._prompts[0]):
                    break
                queued = self._prompts.popleft()
                if not queued.abandoned:
                    taken.append(queued)
        return taken

    def take_controls(self) -> list[Control]:
        """Take all controls."""
        with self.lock:
            taken = list(self._controls)
            self._controls.clear()
        return taken

    def take_job(self) -> tuple[Job, Future[object]] | None:
        """Take one job, None if there is none."""
        with self.lock:
            return self._jobs.popleft() if self._jobs else None

    def drop_image(self) -> None:
        """Drop the image that waits, if any."""
        with self.lock:
            self.images_dropped += self._image is not None
            self._image = None

    def withdraw(self, newest_only: bool = False) -> list[QueuedPrompt]:
        """Take back the prompts that wait, or only the newest, in order."""
        with self.lock:
            count = min(1, len(self._prompts)) if newest_only else len(self._prompts)
            return [self._prompts.pop() for _ in range(count)][::-1]


def _apart(first: QueuedPrompt, second: QueuedPrompt) -> bool:
    return first.exclusive or second.exclusive
