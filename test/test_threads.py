"""Threads: they wait without holding a core, and there are as many as somebody asks for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import torch

from seem_ros.threads import use_threads

ROOT = Path(__file__).parents[1]


def policy_after_import(**environment: str) -> str:
    """Return OMP_WAIT_POLICY as a new process has it after importing seem_ros."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    code = "import os, seem_ros; print(os.environ.get('OMP_WAIT_POLICY'))"
    return subprocess.run(
        [sys.executable, "-c", code], env=clean | environment, cwd=ROOT,
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


def test_threads_wait_passively_unless_the_user_said_otherwise():
    assert policy_after_import() == "PASSIVE"
    assert policy_after_import(OMP_WAIT_POLICY="ACTIVE") == "ACTIVE"
    assert policy_after_import(GOMP_SPINCOUNT="100") == "None"


@pytest.fixture
def as_before():
    before = torch.get_num_threads(), cv2.getNumThreads()
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


def test_as_many_threads_as_asked_for(as_before):
    use_threads(1)
    assert (torch.get_num_threads(), cv2.getNumThreads()) == (1, 1)
    use_threads(0)  # as they are
    assert (torch.get_num_threads(), cv2.getNumThreads()) == (1, 1)
    with pytest.raises(ValueError, match="threads must be 0 or more, got -1"):
        use_threads(-1)
