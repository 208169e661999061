"""Publishing on a thread of its own, while the model is at the next frame."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from seem_ros.ros.messages.frame_result import FrameResult


class Publishing:
    """Publishes results in order, one at a time, and all of them.

    Who hands results over is one frame ahead at most: nothing that is published is older than
    that. Only one thread hands over and settles.
    """

    def __init__(
        self, publish: Callable[[FrameResult], None], failed: Callable[[Exception], None]
    ) -> None:
        """Take what publishes a result, and who is told if it raises; both run on the thread."""
        self._publish = publish
        self._failed = failed
        self._thread: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = ThreadPoolExecutor(1, "seem_publishing")

    def stop(self) -> None:
        """Let what was handed over be published, and end the thread."""
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def put(self, result: FrameResult) -> None:
        """Hand a result over to the started thread, as soon as the one before is out."""
        self.settle()
        assert self._thread is not None
        self._last = self._thread.submit(self._try, result)

    def settle(self) -> None:
        """Wait until all that was handed over is out."""
        if self._last is not None:
            self._last.result()

    def _try(self, result: FrameResult) -> None:
        try:
            self._publish(result)
        except Exception as error:  # noqa: BLE001 a faulty output must not stop the others
            self._failed(error)
