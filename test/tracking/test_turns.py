"""With more instances than a frame has time for, they are looked at in turn and none is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seem_ros.instances import LOST, TRACKED, UNCERTAIN
from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker, TrackerConfig
from seem_ros.tracking.turns import TimeLimit
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene
from support.red_and_blue import STEP, shifted

COLOURS = ("red", "green", "blue", "yellow", "white")
PLACES = [(8 + 30 * (n % 5), 8 + 28 * (n // 5)) for n in range(20)]
BOXES = [(x, y, x + 16, y + 14) for x, y in PLACES]
PROMPTS = [Prompt(points=[(x + 5, y + 5, 1)]) for x, y in PLACES]
EACH_S, LOOK_S = 0.1, 0.5


class Clock:
    """Time that passes where the model works."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    answer, look = FloodPicture.answer, FloodSegmenter.look

    def answered(picture, questions):
        clock.now += EACH_S * len(questions)
        return answer(picture, questions)

    def looked(model, *about):
        clock.now += LOOK_S
        return look(model, *about)

    monkeypatch.setattr(FloodPicture, "answer", answered)
    monkeypatch.setattr(FloodSegmenter, "look", looked)
    return clock


def scene(dx: int = 0, without: int = -1) -> np.ndarray:
    """Return twenty things, moved to the right."""
    shapes = [(COLOURS[n % 5], shifted(box, dx)) for n, box in enumerate(BOXES) if n != without]
    return draw_scene(shapes)


def followed(clock: Clock, seconds: float) -> Tracker:
    tracker = Tracker(FloodSegmenter(), TrackerConfig(max_frame_time=seconds), clock)
    tracker.step(scene(), 0, PROMPTS)
    assert len(tracker.instances) == 20
    return tracker


def looked_at(tracker: Tracker) -> list[int]:
    stamp = tracker.state.frame.small.stamp_ns
    return [item.id for item in tracker.instances if item.last_seen == stamp]


def test_without_a_limit_all_are_asked_at_once_and_the_clock_is_not_heeded(clock):
    tracker = followed(clock, 0.0)
    tracker._model.batches.clear()
    tracker.step(scene(1), STEP)
    assert tracker._model.batches == [20]
    assert looked_at(tracker) == list(range(1, 21))
    assert tracker.waiting == 0


def test_as_many_are_looked_at_as_there_is_time_for(clock):
    tracker = followed(clock, LOOK_S + 10.5 * EACH_S)
    started = clock.now
    tracker.step(scene(1), STEP)
    assert len(looked_at(tracker)) == 10
    assert tracker.waiting == 10
    assert clock.now - started <= tracker.config.max_frame_time


def test_the_rest_moves_on_with_the_motion_and_is_not_lost(clock):
    tracker = followed(clock, LOOK_S + 4.5 * EACH_S)
    for frame in range(1, 5):
        instances = tracker.step(scene(frame), frame * STEP)
    assert LOST not in {item.state for item in instances}
    seen = looked_at(tracker)
    for item, box in zip(instances, BOXES, strict=True):
        assert item.state == (TRACKED if item.id in seen else UNCERTAIN)
        assert np.abs(np.subtract(item.box, shifted(box, 4))).max() <= 2, item.id


def test_each_gets_its_turn_and_the_selected_one_does_not_wait(clock):
    tracker = followed(clock, LOOK_S + 4.5 * EACH_S)
    tracker.select(7)
    turns = dict.fromkeys(range(1, 21), 0)
    for frame in range(1, 15):
        tracker.step(scene(frame // 3), frame * STEP)
        for item in looked_at(tracker):
            turns[item] += 1
    assert turns.pop(7) == 14
    assert sum(turns.values()) == 14 * 3
    assert set(turns.values()) == {2, 3}


def test_one_that_was_just_prompted_is_next(clock):
    tracker = followed(clock, LOOK_S + 4.5 * EACH_S)
    for frame in range(1, 4):
        tracker.step(scene(), frame * STEP)
    waits = [item.id for item in tracker.instances if item.id not in looked_at(tracker)]
    chosen = waits[0]
    click = Prompt(points=PROMPTS[chosen - 1].points, instance_id=chosen)
    tracker.step(scene(), 4 * STEP, [click])
    tracker.step(scene(), 5 * STEP)
    assert chosen in looked_at(tracker)


def test_time_that_is_over_before_the_first_still_leaves_some(clock):
    tracker = followed(clock, LOOK_S / 10)
    for frame in range(1, 6):
        tracker.step(scene(), frame * STEP)
        assert len(looked_at(tracker)) == 4


def test_what_is_gone_is_lost_when_its_turns_come_and_found_again(clock):
    boxes = [(8 + 30 * n // 8 * 8, 48, 32 + 30 * n // 8 * 8, 72) for n in range(5)]
    shapes = list(zip(COLOURS, boxes, strict=True))
    clicks = [Prompt(points=[(box[0] + 5, box[1] + 5, 1)]) for box in boxes]
    limit = TrackerConfig(max_frame_time=LOOK_S + 4.5 * EACH_S)
    tracker = Tracker(FloodSegmenter(), limit, clock)
    tracker.step(draw_scene(shapes), 0, clicks)
    for frame in range(1, 8):
        tracker.step(draw_scene(shapes[:2] + shapes[3:]), frame * STEP)
        assert tracker.waiting <= 1
    assert [item.id for item in tracker.instances if item.state == LOST] == [3]
    for frame in range(8, 12):
        tracker.step(draw_scene(shapes), frame * STEP)
    assert [item.box for item in tracker.instances] == boxes


def test_after_a_cut_nobody_knows_where_the_waiting_are(clock):
    tracker = followed(clock, LOOK_S + 4.5 * EACH_S)
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    states = {item.state for item in tracker.step(noise, STEP)}
    assert states == {LOST}
    assert tracker.waiting == 0


def test_more_time_is_taken_up_at_once(clock):
    tracker = followed(clock, LOOK_S + 4.5 * EACH_S)
    tracker.step(scene(), STEP)
    tracker.configure(TrackerConfig())
    tracker.step(scene(1), 2 * STEP)
    assert (tracker.waiting, len(looked_at(tracker))) == (0, 20)


@pytest.mark.parametrize("seconds", [-0.1, math.inf, math.nan])
def test_a_limit_that_is_none_is_refused(seconds):
    with pytest.raises(ValueError, match="max_frame_time must be 0 s or more"):
        TrackerConfig(max_frame_time=seconds)


def test_a_clock_that_stands_still_does_not_loop_for_ever():
    batches = TimeLimit.of(1.0, lambda: 5.0).batches(list(range(11)))
    assert [len(batch) for batch in batches] == [4, 4, 3]
