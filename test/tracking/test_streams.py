"""Tracker: stamps, gaps, sizes and failures of a stream of drawn pictures."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import LOST, TRACKED
from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker
from seem_ros.tracking.track import LOST_AFTER
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene
from support.red_and_blue import (
    BLUE,
    CLICK_BLUE,
    CLICK_RED,
    RED,
    SCENE,
    SECOND,
    STEP,
    code,
    only,
    shifted,
)


def test_black_frame_hides_instances_and_refuses_prompts(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    instance = only(tracker.step(np.zeros_like(SCENE), STEP, [CLICK_BLUE]))
    assert (instance.state, instance.mask) == (LOST, None)
    assert "blank" in tracker.reports[0].message
    instance = only(tracker.step(SCENE, 2 * STEP))
    assert (instance.id, instance.state, instance.box) == (1, TRACKED, RED)


def test_same_stamp_applies_prompts_and_moves_nothing():
    model = FloodSegmenter()
    tracker = Tracker(model)
    tracker.step(SCENE, STEP, [CLICK_RED])
    model.batches.clear()
    assert len(tracker.step(SCENE, STEP)) == 1
    assert model.batches == []
    assert len(tracker.step(SCENE, STEP, [CLICK_BLUE])) == 2
    assert model.images_set == 1
    model.set_image(np.zeros_like(SCENE))  # somebody else looks at another image
    tracker.step(SCENE, STEP, [Prompt(points=[(20, 20, 1), (100, 80, 0)])])
    assert (model.images_set, code(tracker)) == (2, "accepted")


def test_late_frame_is_skipped_and_its_prompts_wait(tracker):
    tracker.step(SCENE, SECOND, [CLICK_RED])
    late = tracker.step(np.zeros_like(SCENE), SECOND - STEP, [CLICK_BLUE])
    assert [item.state for item in late] == [TRACKED]
    assert (tracker.late_frames, tracker.reports) == (1, [])
    assert len(tracker.step(SCENE, SECOND + STEP)) == 2
    assert tracker.reports[0].prompt_id == "blue"


def test_time_that_starts_again_keeps_the_instances(tracker):
    tracker.step(SCENE, 100 * SECOND, [CLICK_RED])
    for frame in range(3):
        instance = only(tracker.step(SCENE, frame * STEP))
    assert (instance.id, instance.state, instance.last_seen) == (1, TRACKED, 2 * STEP)


def test_ten_seconds_without_frames(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    moved = draw_scene([("red", (70, 70, 110, 100))])
    instance = only(tracker.step(moved, 10 * SECOND))
    assert (instance.id, instance.box) == (1, (70, 70, 110, 100))


def test_size_change_carries_the_instances_over(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    larger = np.repeat(np.repeat(SCENE, 2, axis=0), 2, axis=1)
    instance = only(tracker.step(larger, STEP))
    assert (instance.id, instance.box) == (1, (20, 20, 100, 80))


def test_prompt_drawn_on_an_older_frame_reaches_what_it_was_drawn_on(tracker):
    scenes = [draw_scene([("red", shifted(RED, 8 * k)), ("blue", BLUE)]) for k in range(4)]
    tracker.step(scenes[0], STEP, [CLICK_BLUE])
    for k in (1, 2):
        tracker.step(scenes[k], (k + 1) * STEP)
    late_click = Prompt(points=[(16, 16, 1)], stamp_ns=STEP)
    instances = tracker.step(scenes[3], 4 * STEP, [late_click])
    assert [item.class_name for item in instances] == ["blue", "red"]
    assert instances[1].box == shifted(RED, 24)


def test_wrong_images_and_stamps_are_refused(tracker):
    with pytest.raises(ValueError, match="uint8"):
        tracker.step(SCENE.astype(np.float32), 0)
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        tracker.step(SCENE[..., 0], 0)
    with pytest.raises(ValueError, match="nanoseconds"):
        tracker.step(SCENE, -5)
    assert len(tracker.step(SCENE, stamp=STEP, prompts=[CLICK_RED])) == 1


def test_model_failure_keeps_state_and_waiting_prompts(tracker, monkeypatch):
    tracker.step(SCENE, 0, [CLICK_RED])

    def out_of_memory(*_):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="out of memory"):
        patched.setattr(FloodPicture, "answer", out_of_memory)
        tracker.step(SCENE, STEP, [CLICK_BLUE])
    assert [item.box for item in tracker.step(SCENE, 2 * STEP)] == [RED, BLUE]


def test_another_picture_with_the_stamp_of_the_newest_is_a_new_frame(tracker):
    tracker.step(SCENE, STEP, [CLICK_RED])
    for frame in range(1, 4):
        moved = shifted(RED, 6 * frame)
        scene = draw_scene([("red", moved), ("blue", BLUE)])
        instance = only(tracker.step(scene, STEP))
        assert (instance.id, instance.state, instance.box) == (1, TRACKED, moved)
    assert (tracker.state.frame.small.repeats, tracker.late_frames) == (3, 0)


def test_a_thing_that_left_under_the_same_stamp_has_no_stale_mask(tracker):
    tracker.step(SCENE, STEP, [CLICK_RED])
    empty = draw_scene([("blue", BLUE)])
    for turn in range(LOST_AFTER):
        empty[100:110, 10 + turn] = 0  # pictures of a camera are never quite the same
        instance = only(tracker.step(empty.copy(), STEP))
        assert instance.state != TRACKED
    assert (instance.state, instance.mask) == (LOST, None)


def test_the_same_stamp_with_another_size_is_a_new_frame(tracker):
    tracker.step(SCENE, STEP, [CLICK_RED])
    larger = np.repeat(np.repeat(SCENE, 2, axis=0), 2, axis=1)
    instance = only(tracker.step(larger, STEP))
    assert (instance.id, instance.box) == (1, (20, 20, 100, 80))


def test_after_a_few_late_frames_in_a_row_time_has_started_again(tracker):
    tracker.step(SCENE, SECOND, [CLICK_RED])
    back = SECOND // 2
    for frame in range(3):
        assert only(tracker.step(SCENE, back + frame * STEP // 10)).last_seen == SECOND
    moved = draw_scene([("red", shifted(RED, 4)), ("blue", BLUE)])
    instance = only(tracker.step(moved, back + 3 * STEP // 10))
    assert (instance.last_seen, instance.box) == (back + 3 * STEP // 10, shifted(RED, 4))
    assert tracker.late_frames == 3
    assert only(tracker.step(moved, back + 4 * STEP // 10)).state == TRACKED


def test_late_frames_between_others_never_turn_time_back(tracker):
    tracker.step(SCENE, SECOND, [CLICK_RED])
    for frame in range(1, 8):
        assert only(tracker.step(SCENE, SECOND + frame * STEP)).last_seen == SECOND + frame * STEP
        tracker.step(np.zeros_like(SCENE), SECOND + frame * STEP - STEP // 2)
    assert tracker.late_frames == 7
    assert tracker.skip_if_late(SECOND)
    assert not tracker.skip_if_late(9 * SECOND)
