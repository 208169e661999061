"""Whether a node's name is its own: ROS lets two nodes have one, and mixes up what they do."""

from __future__ import annotations

import time

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

_EVERY_S = 2.0
# A node that was just ended is still listed for some seconds, one that was killed longer.
SURE_S = 10.0


class NameWatch:
    """Looks for other nodes of the node's name."""

    def __init__(self, node: Node) -> None:
        """Watch the name of a node."""
        self._node = node
        self._since_s: float | None = None

    def problem(self) -> str:
        """Return what is wrong and what to do while another has had the name for long, else ""."""
        node = self._node
        own = (node.get_name(), node.get_namespace())
        count = sum(found == own for found in node.get_node_names_and_namespaces())
        if count < 2:
            self._since_s = None
            return ""
        now_s = time.monotonic()
        self._since_s = now_s if self._since_s is None else self._since_s
        if now_s - self._since_s < SURE_S:
            return ""
        name = node.get_fully_qualified_name()
        return (
            f"{count} nodes are named {name}: their topics, services and parameters are mixed "
            "up. End one (a killed one is forgotten within a minute), or give this one another "
            "name: --ros-args -r __node:=… (in a launch file: name=…), or a namespace"
        )


def watch_name(node: Node) -> None:
    """Log when another node has the node's name, once for each that comes.

    On a steady clock: simulated time may stand still.
    """
    watch, said = NameWatch(node), ""

    def look() -> None:
        nonlocal said
        problem = watch.problem()
        if problem and problem != said:
            node.get_logger().error(problem)
        said = problem

    clock = Clock(clock_type=ClockType.STEADY_TIME)
    node.create_timer(_EVERY_S, look, MutuallyExclusiveCallbackGroup(), clock)
