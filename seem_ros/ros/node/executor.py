"""The executor that seem_node runs in."""

from __future__ import annotations

import time
from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import MultiThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation

# For each camera. Two services and two goals may wait for the model; the rest answers controls.
THREADS = 8
_ATTEMPTS, _PAUSE_S = 400, 0.005  # two seconds: longer than a transition destroys entities


class NodeExecutor(MultiThreadedExecutor):
    """A MultiThreadedExecutor that outlives entities destroyed while it prepares to wait.

    A lifecycle transition destroys entities in one thread while another lists them. rclpy skips
    most that have gone, but raises for event handlers (InvalidHandle) and actions (RCLError).
    """

    def __init__(self, cameras: int = 1) -> None:
        """Use at most as many threads as the callback groups of a node's cameras need."""
        super().__init__(num_threads=THREADS * cameras)

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next callback that is ready; list the entities anew if one has just gone."""
        for _ in range(_ATTEMPTS):
            try:
                return super().wait_for_ready_callbacks(*args, **kwargs)
            except (InvalidHandle, rclpy_implementation.RCLError):
                time.sleep(_PAUSE_S)
        return super().wait_for_ready_callbacks(*args, **kwargs)
