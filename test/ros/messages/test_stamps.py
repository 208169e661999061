"""Times of messages and nanoseconds."""

import pytest

pytest.importorskip("builtin_interfaces.msg", reason="needs ROS 2")

from seem_ros.ros.messages import stamps


@pytest.mark.parametrize("stamp_ns", [0, 999_999_999, 1_000_000_000, 1_234_567_890_123_456_789])
def test_stamps(stamp_ns):
    assert stamps.to_ns(stamps.to_time(stamp_ns)) == stamp_ns
