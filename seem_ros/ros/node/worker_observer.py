"""Who is told what the worker of a camera does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seem_ros.ros.messages.frame_result import FrameResult

if TYPE_CHECKING:
    from std_msgs.msg import Header


class WorkerObserver(Protocol):
    """Every method is called on the worker's thread."""

    def on_frame(self, header: Header) -> None:
        """Take note that a frame with this header is worked on from now on."""

    def on_result(self, result: FrameResult) -> None:
        """Take the instances after a frame or a control; they may be published later."""

    def settle(self) -> None:
        """Wait until all results are published: answers come after what they are about."""

    def on_unreadable(self, error: ValueError) -> None:
        """Take note of an image that could not be decoded."""

    def on_failure(self, error: Exception) -> None:
        """Take note of an exception in the model; the worker goes on with the next frame."""
