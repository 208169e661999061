"""The executor that seem_node runs in."""

from __future__ import annotations

from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import MultiThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation

# Two services and two goals may wait for the model; the rest answers controls meanwhile.
THREADS = 8
_ATTEMPTS = 20  # more than a transition destroys entities one after the other


class NodeExecutor(MultiThreadedExecutor):
    """A MultiThreadedExecutor that outlives entities destroyed while it prepares to wait.

    A lifecycle transition destroys entities in one thread while another lists them. rclpy skips
    most that have gone, but raises for event handlers (InvalidHandle) and actions (RCLError).
    """

    def __init__(self) -> None:
        """Use as many threads as the node's callback groups need."""
        super().__init__(num_threads=THREADS)

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next callback that is ready; list the entities anew if one has just gone."""
        for _ in range(_ATTEMPTS):
            try:
                return super().wait_for_ready_callbacks(*args, **kwargs)
            except (InvalidHandle, rclpy_implementation.RCLError):
                continue
        return super().wait_for_ready_callbacks(*args, **kwargs)
