"""Twenty seconds of `make soak`: the same findings as in an hour, of what shows at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 400


@pytest.mark.usefixtures("installed")
def test_twenty_seconds_of_everything_at_once(tmp_path):
    elsewhere = int(os.environ["ROS_DOMAIN_ID"]) ^ 2  # the other tests' node must not answer
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", str(1 / 3), "--seed", "3"]
    run = subprocess.run(
        [*command, "--json", str(tmp_path / "soak.json")],
        cwd=ROOT,
        env={**os.environ, "ROS_DOMAIN_ID": str(elsewhere)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "soak.json").read_text())
    assert report["findings"] == []
    (minute,) = report["minutes"]
    assert minute["asked"] > 10
    assert minute["outputs"] > 0


def test_the_tally_finds_what_is_stale():
    from benchmarks.soak_tally import LATE_S, Tally

    truths = [np.zeros((60, 200), np.uint16) for _ in range(11)]
    for position, truth in enumerate(truths):
        truth[10:50, 10 * position : 10 * position + 40] = 7
    tally = Tally(truths)
    for position in range(11):
        tally.show(100 + position, position)
    tally.clicked(1, 7)
    masks = [(truth == 7).astype(np.uint16) for truth in truths]
    tally.judge(110, masks[10])
    fine = tally.take()
    assert (fine.findings, fine.agreements, len(fine.latencies_s)) == ([], [1.0], 1)
    tally.judge(110, masks[5])
    tally.judge(99, masks[10])
    tally.judge(105, masks[5])
    other, unknown, back = tally.take().findings
    assert "that of frame 5" in other
    assert "which no image had" in unknown
    assert "after those of 110" in back
    tally._shown[111] = (10, tally._shown[110][1] - LATE_S - 1)
    tally.judge(111, masks[10])
    assert "s after their image" in tally.take().findings[0]


def test_what_is_never_answered_is_found():
    pytest.importorskip("rclpy", reason="needs ROS 2")
    pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")
    from benchmarks.soak_operator import Asking

    asking = Asking()
    answered, forgotten = asking.ask("click"), asking.ask("undo")
    asking.answer(answered)
    assert (asking.waiting, asking.take_count(), asking.overdue()) == (1, 2, [])
    assert asking.overdue(0.0) == [f"{forgotten} was not answered within 0 s"]
    assert asking.waiting == 0
