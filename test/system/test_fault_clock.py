"""Stamps of cameras whose clock jumps, stands still, or is none."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from std_msgs.msg import Header

from seem_ros.ros.messages import stamps
from support.fault_watch import FaultWatch
from support.node_bench import Bench

S = 1_000_000_000
START = 1_700_000_000 * S


@pytest.fixture
def watch(rclpy):
    """A node that follows a plate."""
    with Bench() as bench:
        bench.activate()
        yield FaultWatch(bench).begin()


@pytest.mark.parametrize(
    ("stamp_ns", "then_ns"),
    [
        (START - 3600 * S, START - 3600 * S + S // 30),
        (START + 10 * 86400 * S, START + 10 * 86400 * S + S // 30),
        (0, 0),
        (S, 2 * S),
        (START, START),
        ((2**31 - 1) * S, (2**31 - 1) * S + 1),
    ],
    ids=["back", "far ahead", "none", "1970", "stands still", "the last second"],
)
def test_a_jump_of_time(watch, stamp_ns, then_ns):
    bench = watch.bench
    for count in range(3):
        bench.header = lambda count=count: Header(
            stamp=stamps.to_time(stamp_ns + count * (then_ns - stamp_ns)), frame_id="camera"
        )
        watch.show()
        watch.click()
    bench.__dict__.pop("header")
    bench._stamp = 2_000_000_000  # a clock that was set right again
    watch.all_is_well()
