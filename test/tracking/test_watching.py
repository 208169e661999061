"""Watched words make no second instance of a thing that has one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from seem_ros.instances import LOST, TRACKED
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.tracker import Tracker, TrackerConfig
from seem_ros.tracking import judging, state
from seem_ros.tracking.watching import watched
from support.flood_segmenter import FloodSegmenter, draw_scene
from support.red_and_blue import BLUE, RED, SCENE, STEP, only

WATCH_RED = Prompt(text="red", track=True)
EMPTY = draw_scene([("blue", BLUE)])
ELSEWHERE = draw_scene([("red", (100, 10, 140, 40)), ("blue", BLUE)])


@pytest.fixture(autouse=True)
def every_frame(monkeypatch):
    monkeypatch.setattr(state, "WATCH_EVERY", 1)


def lost_red(tracker):
    """Let a tracker lose the red thing, which the words have made instance 1."""
    tracker.step(SCENE, 0, [WATCH_RED])
    for frame in range(1, 5):
        instance = only(tracker.step(EMPTY, frame * STEP))
    assert instance.state == LOST


def test_a_thing_in_view_is_not_found_again(tracker):
    tracker.step(SCENE, 0, [WATCH_RED])
    for frame in range(1, 20):
        instance = only(tracker.step(SCENE, frame * STEP))
    assert (instance.id, instance.box) == (1, RED)


def test_what_was_lost_comes_back_as_itself(tracker, monkeypatch):
    monkeypatch.setattr(judging, "_REFIND_SIMILARITY", 2.0)  # its own search finds nothing
    lost_red(tracker)
    instance = only(tracker.step(ELSEWHERE, 5 * STEP))
    assert (instance.id, instance.state, instance.box) == (1, TRACKED, (100, 10, 140, 40))
    assert only(tracker.step(ELSEWHERE, 6 * STEP)).id == 1


def test_a_lost_instance_accounts_for_one_thing_only(tracker, monkeypatch):
    monkeypatch.setattr(judging, "_REFIND_SIMILARITY", 2.0)
    lost_red(tracker)
    two = draw_scene([("red", (100, 10, 140, 40)), ("red", (10, 70, 40, 110)), ("blue", BLUE)])
    assert [item.id for item in tracker.step(two, 5 * STEP)] == [1, 2]
    assert all(item.state == TRACKED for item in tracker.instances)


def test_a_lost_instance_that_looks_otherwise_accounts_for_nothing(tracker):
    lost_red(tracker)
    (lost,) = tracker.state.tracks
    blue = dataclasses.replace(lost, text="blue")
    tracker.state = tracker.state.with_tracks(tracker.state.tracks.replaced([blue]))
    (result,) = tracker.state.frame.picture.answer([question("blue")])
    after = watched(tracker.state, result, Prompt(text="blue"), tracker.config)
    assert [(track.id, track.state) for track in after.tracks] == [(1, LOST), (2, TRACKED)]


def question(text):
    from seem_ros.segmenting.question import Question

    return Question(Prompt(text=text))


@pytest.mark.parametrize(("text", "ids"), [("red", [1]), ("Red ", [1]), ("blue", [1, 2])])
def test_a_part_of_an_instance_of_the_same_word_is_no_other_thing(tracker, text, ids):
    tracker.step(SCENE, 0, [Prompt(text="red")])
    x0, y0, x1, y1 = RED
    part = np.zeros(SCENE.shape[:2], bool)
    part[y0:y1, x0 : x0 + (x1 - x0) // 2] = True
    result = Segmentation.from_mask(part)
    after = watched(tracker.state, result, Prompt(text=text), tracker.config)
    assert [track.id for track in after.tracks] == ids


def test_there_is_a_limit(tracker):
    tracker.configure(TrackerConfig(max_instances=1))
    tracker.step(SCENE, 0, [WATCH_RED])
    two = draw_scene([("red", RED), ("red", BLUE)])
    assert only(tracker.step(two, STEP)).id == 1


def test_many_words_are_asked_for_in_turn():
    model = FloodSegmenter()
    tracker = Tracker(model)
    words = [Prompt(text=text, track=True) for text in ("yellow", "white", "green")]
    tracker.step(SCENE, 0, words)
    later = draw_scene([("yellow", (5, 5, 25, 25)), ("white", (60, 5, 80, 25)), ("blue", BLUE)])
    for frame in range(1, 4):
        model.batches.clear()
        held = len(tracker.instances)
        tracker.step(later, frame * STEP)
        assert model.batches == ([held, 1] if held else [1])
    assert [item.class_name for item in tracker.instances] == ["yellow", "white"]
