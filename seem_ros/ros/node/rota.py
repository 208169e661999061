"""The one thread that runs the model: the workers of a node's cameras take turns in it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol


class TakesTurns(Protocol):
    """Who works in the thread."""

    @property
    def has_work(self) -> bool:
        """Whether a turn is wanted; read with the rota's lock held."""

    def work(self) -> None:
        """Work for one turn; raises nothing."""


class Rota:
    """Gives turns, one at a time and round robin; who has no work delays nobody.

    The thread lives while somebody takes part.

    Attributes:
        lock: of all that `has_work` reads; notify it when that may have become true.

    """

    def __init__(self) -> None:
        """Start without anybody."""
        self.lock = threading.Condition(threading.RLock())
        self._waiting: deque[TakesTurns] = deque()
        self._working: TakesTurns | None = None
        self._thread: threading.Thread | None = None

    def enter(self, worker: TakesTurns) -> None:
        """Give a worker turns from now on."""
        with self.lock:
            self._waiting.append(worker)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="seem_worker", daemon=True)
                self._thread.start()
            self.lock.notify_all()

    def leave(self, worker: TakesTurns) -> None:
        """Give a worker no more turns, and let its running one end; not for the thread itself."""
        ended = None
        with self.lock:
            if worker in self._waiting:
                self._waiting.remove(worker)
            self.lock.wait_for(lambda: self._working is not worker)
            if not self._waiting:
                ended, self._thread = self._thread, None
            self.lock.notify_all()
        if ended is not None:
            ended.join()

    def _run(self) -> None:
        while (worker := self._next()) is not None:
            try:
                worker.work()
            finally:
                with self.lock:
                    self._working = None
                    if worker in self._waiting:  # behind those who came meanwhile, too
                        self._waiting.remove(worker)
                        self._waiting.append(worker)
                    self.lock.notify_all()

    def _next(self) -> TakesTurns | None:
        """Wait for the worker whose turn it is; None when the thread is to end."""
        own = threading.current_thread()
        with self.lock:
            self.lock.wait_for(lambda: self._thread is not own or self._first() is not None)
            self._working = self._first() if self._thread is own else None
            return self._working

    def _first(self) -> TakesTurns | None:
        """Return the worker with work whose last turn is longest ago."""
        return next((worker for worker in self._waiting if worker.has_work), None)
