"""A node as a process: spun in a thread, ended by Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import rclpy
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

_STEP_S = 0.2


def start(args: list[str] | None) -> threading.Event:
    """Initialise rclpy; return what Ctrl-C and SIGTERM set. A second one ends the process at once.

    rclpy's own handlers would invalidate the context before the last answers are sent.
    """
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    return stop


def wait(stop: threading.Event) -> None:
    """Wait for `stop`, in steps: a signal just before a wait is handled only after it."""
    while not stop.wait(_STEP_S):
        pass


@contextlib.contextmanager
def spun(node: Node, executor: Executor, stop: threading.Event) -> Iterator[None]:
    """Spin a node in a thread, which sets `stop` if it ends; destroy the node afterwards."""

    def spin() -> None:
        try:
            with contextlib.suppress(ExternalShutdownException):
                executor.spin()
        finally:
            stop.set()

    executor.add_node(node)
    thread = threading.Thread(target=spin, name="executor")
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()
        node.destroy_node()
        rclpy.try_shutdown()
