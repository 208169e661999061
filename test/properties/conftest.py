"""Any bytes in any field are answered or refused; `make fuzz` tries far more than `make test`."""

from __future__ import annotations

import os

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="needs hypothesis")

from support.rclpy_context import ros

__all__ = ["ros"]

_EXAMPLES = os.environ.get("SEEM_FUZZ_EXAMPLES", "")

hypothesis.settings.register_profile(
    "seem_ros",
    max_examples=int(_EXAMPLES or 200),
    derandomize=not _EXAMPLES,  # a test of `make test` is the same each time
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("seem_ros")
