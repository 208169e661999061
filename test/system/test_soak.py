"""Twenty seconds of `make soak`: the same findings as in an hour, of what shows at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.soak_tally import LATE_S, Tally

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


def moving_square() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return truths in which thing 7 moves by ten pixels a frame, and right labels of instance 1.

    A few of its pixels are wrong, other ones in each frame, as a model's are.
    """
    truths = [np.zeros((60, 200), np.uint16) for _ in range(11)]
    labels = []
    for position, truth in enumerate(truths):
        truth[10:50, 10 * position : 10 * position + 40] = 7
        labels.append((truth == 7).astype(np.uint16))
        labels[-1][10 + position, 10 * position : 10 * position + 3] = 0
    return truths, labels


def shown_tally(truths: list[np.ndarray]) -> Tally:
    """Return a tally of frames that were shown under the stamps from 100 on."""
    tally = Tally(truths)
    for position in range(len(truths)):
        tally.show(100 + position, position)
    return tally


def test_the_tally_finds_labels_of_no_image_too_old_or_out_of_order():
    truths, labels = moving_square()
    tally = shown_tally(truths)
    tally.judge(110, labels[10])
    fine = tally.take()
    assert (fine.findings, len(fine.latencies_s)) == ([], 1)
    tally.judge(99, labels[10])
    tally.judge(105, labels[5])
    unknown, back = tally.take().findings
    assert "which no image had" in unknown
    assert "after those of 110" in back
    for stamp, age_s in ((111, LATE_S + 1), (112, 1.0)):
        tally._shown[stamp] = (10, time.monotonic() - age_s)
        tally.judge(stamp, labels[10])
    (late,) = tally.take().findings
    assert "6.0 s after their image, which had waited" in late


def test_the_tally_finds_a_mask_of_the_frame_before_whatever_it_shows():
    truths, labels = moving_square()
    tally = shown_tally(truths)
    for position in range(5):
        tally.judge(100 + position, labels[position])
        tally.judge(100 + position, labels[position])  # a control publishes a frame again
    assert tally.take().findings == []
    tally.judge(105, 3 * labels[4])  # given to another instance
    (stale,) = tally.take().findings
    assert "instance 3 in frame 5 is that of frame 4, pixel for pixel" in stale


def test_the_tally_finds_a_mask_that_is_where_its_thing_was():
    truths, labels = moving_square()
    tally = shown_tally(truths)
    for position in range(5):
        tally.judge_sure(100 + position, labels[position])
    fine = tally.take()
    assert (fine.findings, len(fine.agreements)) == ([], 5)
    assert min(fine.agreements) > 0.99
    tally.judge_sure(110, labels[5])
    (stale,) = tally.take().findings
    assert "thing 7 in frame 10" in stale and "that of frame 5" in stale
    tally.judge_sure(110, labels[0][:, ::-1])  # wrong, but of no frame's
    assert tally.take().findings == []


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
