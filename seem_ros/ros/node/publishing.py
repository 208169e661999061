"""Publishing on a thread of its own, while the model is at the next frame."""

from __future__ import annotations

import threading
from collections.abc import Callable

from seem_ros.ros.messages.frame_result import FrameResult


class Publishing:
    """Publishes results in order, one at a time, and all of them.

    Who hands results over is one frame ahead at most: nothing that is published is older than
    that.
    """

    def __init__(
        self, publish: Callable[[FrameResult], None], failed: Callable[[Exception], None]
    ) -> None:
        """Take what publishes a result, and who is told if it raises; both run on the thread."""
        self._publish = publish
        self._failed = failed
        self._changed = threading.Condition()
        self._result: FrameResult | None = None
        self._runs = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._runs = True
        self._thread = threading.Thread(target=self._run, name="seem_publishing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let what was handed over be published, and join the thread."""
        with self._changed:
            self._runs = False
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def put(self, result: FrameResult) -> None:
        """Hand a result over, as soon as the one before is out."""
        with self._changed:
            self._changed.wait_for(lambda: self._result is None)
            self._result = result
            self._changed.notify_all()

    def settle(self) -> None:
        """Wait until all that was handed over is out."""
        with self._changed:
            self._changed.wait_for(lambda: self._result is None)

    def _run(self) -> None:
        while (result := self._next()) is not None:
            try:
                self._publish(result)
            except Exception as error:  # noqa: BLE001 a faulty output must not stop the others
                self._failed(error)
            finally:
                with self._changed:
                    self._result = None
                    self._changed.notify_all()

    def _next(self) -> FrameResult | None:
        with self._changed:
            self._changed.wait_for(lambda: self._result is not None or not self._runs)
            return self._result
