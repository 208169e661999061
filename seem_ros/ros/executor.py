"""The executor that seem_node runs in."""

from __future__ import annotations

from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import MultiThreadedExecutor

# Two services and two goals may wait for the model; the rest answers controls meanwhile.
THREADS = 8


class NodeExecutor(MultiThreadedExecutor):
    """A MultiThreadedExecutor that outlives entities destroyed while it prepares to wait.

    A lifecycle transition destroys subscriptions in one thread while another lists them; rclpy
    skips most destroyed entities, but raises InvalidHandle for their event handlers.
    """

    def __init__(self) -> None:
        """Use as many threads as the node's callback groups need."""
        super().__init__(num_threads=THREADS)

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next callback that is ready; list the entities anew if one has just gone."""
        while True:
            try:
                return super().wait_for_ready_callbacks(*args, **kwargs)
            except InvalidHandle:
                continue
