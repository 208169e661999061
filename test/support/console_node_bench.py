"""The page of a console_node in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from rclpy.parameter import Parameter

from seem_ros.ros.console.console_node import ConsoleNode
from seem_ros.ros.messages import stamps
from support.console_bench import Page, ServedConsole
from support.node_bench import Bench, spinning


@contextlib.contextmanager
def console_of(**parameters: Any) -> Iterator[ServedConsole]:
    """Serve the page of a console_node in this process."""
    overrides = [Parameter(name, value=value) for name, value in parameters.items()]
    node = ConsoleNode(parameter_overrides=overrides)
    with spinning(node), ServedConsole(node.session) as served:
        served.node = node
        yield served
    node.destroy_node()


async def looking(page: Page, bench: Bench) -> None:
    """Show the node images until a page has seen the last one with its masks."""
    await page.line("abilities", names=["enable", "next_reading", "rename", "reset", "teach"])
    last = bench.show()

    def shown() -> bool:
        nonlocal last
        if page.labels is None:
            last = bench.show()
            return False
        return int(page.picture["stamp"]) == stamps.to_ns(last.header.stamp)

    await page.until(shown)
