"""Make ``test/support`` importable from every test as ``support``; what many tests begin with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seem_ros.tracker import Tracker

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["support.skip_gate"]


@pytest.fixture(scope="module", autouse=True)
def no_open_context() -> Iterator[None]:
    """Fail a file that leaves rclpy initialised: the next one could not initialise it."""
    yield
    rclpy = sys.modules.get("rclpy")
    assert rclpy is None or not rclpy.ok(), "take rclpy from the fixture `ros`"


@pytest.fixture
def tracker() -> Tracker:
    """A tracker of drawn scenes."""
    from support.flood_segmenter import FloodSegmenter

    return Tracker(FloodSegmenter())
