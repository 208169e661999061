"""Stamps and recent frames."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.tracking.clock import Arrival, arrive
from seem_ros.tracking.frames import FrameHistory, GreyFrame

SECOND = 1_000_000_000


def test_clock_classifies_each_arrival():
    stamps = [5.0, 5.1, 5.1, 4.5, 5.2, 9.0, 3.0, 3.1]
    arrivals, newest_ns = [], None
    for stamp in stamps:
        arrival, stamp_ns = arrive(newest_ns, round(stamp * SECOND))
        arrivals.append(arrival)
        newest_ns = newest_ns if arrival is Arrival.LATE else stamp_ns
    assert arrivals == [
        Arrival.FIRST,
        Arrival.NEXT,
        Arrival.SAME,
        Arrival.LATE,
        Arrival.NEXT,
        Arrival.AFTER_GAP,
        Arrival.RESTART,
        Arrival.NEXT,
    ]


def test_frames_without_stamp_count_thirty_a_second():
    first = arrive(None, None)[1]
    second = arrive(first, None)[1]
    third = arrive(second, None)[1]
    assert [first, second, third] == [0, SECOND // 30, 2 * (SECOND // 30)]


@pytest.mark.parametrize("stamp", [-1, 0.5, True])
def test_clock_refuses_other_stamps(stamp):
    with pytest.raises(ValueError, match="nanoseconds"):
        arrive(None, stamp)


def frame(stamp_ns: int) -> GreyFrame:
    return GreyFrame(stamp_ns, (4, 6), np.zeros((4, 6), np.uint8), 9.0)


def test_history_is_bounded_in_time_and_finds_the_nearest_frame():
    history = FrameHistory(seconds=1.0)
    for tenth in range(30):
        history = history.add(frame(tenth * SECOND // 10), np.full((4, 6), tenth, np.uint16))
    assert len(history.moments) == 11
    stamp = round(2.52 * SECOND)
    found = history.since(stamp)
    assert found[0].frame.stamp_ns == round(2.5 * SECOND)
    assert found[0].labels[0, 0] == 25
    assert [moment.labels[0, 0] for moment in found] == [25, 26, 27, 28, 29]
    assert len(history.since(round(1.95 * SECOND), most=4)) == 4
    assert history.since(SECOND) == []


def test_history_replaces_the_same_stamp():
    history = FrameHistory(seconds=1.0)
    for value in (1, 2):
        history = history.add(frame(SECOND), np.full((4, 6), value, np.uint16))
    assert [moment.labels[0, 0] for moment in history.since(SECOND)] == [2]


def test_frame_is_small_and_knows_a_blank_picture():
    rgb = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    made = GreyFrame.of(rgb, 7)
    assert (made.size, made.grey.shape, made.is_blank) == ((480, 640), (240, 320), False)
    assert GreyFrame.of(np.full((48, 64, 3), 200, np.uint8), 7).is_blank
    red_on_grey = np.full((48, 64, 3), 120, np.uint8)
    red_on_grey[10:30, 10:30] = (240, 70, 70)
    assert not GreyFrame.of(red_on_grey, 7).is_blank
