"""A node as a process: spun in a thread, ended by Ctrl-C or SIGTERM; faults are one line."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TypeVar

import rclpy
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from seem_ros.ros.one_line import one_line

AnyNode = TypeVar("AnyNode", bound=Node)

_STEP_S = 0.2
_PLACE_IN_RCL = re.compile(r",? at \S+:\d+")
# Words of rcl -> what to do
_ADVICE = {
    "opening YAML": "no such file, or it may not be read",
    "parsing a event": "is it YAML? Lines are indented by spaces, not by tabs",
    "remap rule": "a rule is FROM:=TO; names are made of letters, digits, _ and /",
    "parameter override": "a parameter is given as NAME:=VALUE",
}


def start(name: str, args: list[str] | None) -> threading.Event:
    """Initialise rclpy; return what Ctrl-C and SIGTERM set. A second one ends the process at once.

    rclpy's own handlers would invalidate the context before the last answers are sent.

    Raises:
        SystemExit: rclpy cannot be initialised; see `initialise`.

    """
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    initialise(name, args, SignalHandlerOptions.NO)
    return stop


def initialise(
    name: str,
    args: Sequence[str] | None,
    handlers: SignalHandlerOptions | None = None,
) -> None:
    """Initialise rclpy for a program; without a place for its logs one is made.

    Raises:
        SystemExit: the arguments of the program are wrong; one line says which.

    """
    if not _has_log_directory():
        os.environ["ROS_LOG_DIR"] = tempfile.mkdtemp(prefix="seem_ros_log_")
        print(
            f"{name}: no log can be written in the home directory: logs go to "
            f"{os.environ['ROS_LOG_DIR']}; set ROS_LOG_DIR to choose",
            file=sys.stderr,
        )
    try:
        rclpy.init(args=None if args is None else list(args), signal_handler_options=handlers)
    except rclpy_implementation.RCLError as error:
        said = one_line(_PLACE_IN_RCL.sub("", str(error)))
        advice = "".join(f" ({text})" for words, text in _ADVICE.items() if words in said)
        sys.exit(f"{name}: {said}{advice}")


def _has_log_directory() -> bool:
    """Tell whether rcl finds a place for logs: ROS_LOG_DIR, ROS_HOME/log or ~/.ros/log."""
    environment = os.environ
    home = environment.get("ROS_HOME") or (environment.get("HOME") and "~/.ros")
    given = environment.get("ROS_LOG_DIR") or (home and f"{home}/log")
    if not given:
        return False
    folder = Path(given).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def created(name: str, make: Callable[[], AnyNode]) -> AnyNode:
    """Return a node that is made now.

    Raises:
        SystemExit: it cannot be made, such as for a wrong parameter; one line says why.

    """
    try:
        return make()
    except Exception as error:  # noqa: BLE001 rclpy raises many kinds
        rclpy.try_shutdown()
        sys.exit(f"{name}: {one_line(_PLACE_IN_RCL.sub('', str(error)))}")


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
