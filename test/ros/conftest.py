"""A real seem_node in this process, with an operator's node that talks to it through DDS."""

from __future__ import annotations

import pytest

from support.rclpy_context import ros

__all__ = ["bench", "ros"]


@pytest.fixture
def bench(ros):
    """Return a Bench with an active node; everything is destroyed afterwards."""
    from support.node_bench import Bench

    with Bench() as started:
        started.activate()
        yield started
