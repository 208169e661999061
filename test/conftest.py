"""Make ``test/support`` importable from every test as ``support``; what many tests begin with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from seem_ros.tracker import Tracker

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["support.skip_gate"]


@pytest.fixture
def tracker() -> Tracker:
    """A tracker of drawn scenes."""
    from support.flood_segmenter import FloodSegmenter

    return Tracker(FloodSegmenter())
