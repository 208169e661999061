"""Corrections: asked with what is known to be right, and without a mask that slipped."""

from __future__ import annotations

import numpy as np

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracker import Tracker
from seem_ros.tracking.correcting import with_support
from seem_ros.tracking.memory import MemoryBank
from seem_ros.tracking.recall import overlap
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene

STEP = 100_000_000
RED, BLUE = (16, 16, 56, 56), (88, 64, 136, 104)
SCENE = draw_scene([("red", RED), ("blue", BLUE)])


def masked(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros(SCENE.shape[:2], bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


def test_a_negative_click_is_asked_with_clicks_on_what_looks_right():
    both = masked(RED, BLUE)
    alike = np.full((15, 20), -0.2, np.float32)
    alike[2:7, 2:7] = 0.2
    asked = with_support(Prompt(points=[(110, 80, 0)]), both, alike)
    assert asked.points[0] == (110, 80, 0)
    assert len(asked.points) > 1
    assert all(masked(RED)[int(y), int(x)] and label for x, y, label in asked.points[1:])


def test_a_positive_click_finds_no_support_in_a_mask_that_slipped():
    outside = Prompt(points=[(110, 80, 1)])
    alike = np.full((15, 20), -0.2, np.float32)
    assert with_support(outside, masked(RED), alike).points == outside.points
    alike[2:7, 2:7] = 0.2
    supported = with_support(outside, masked(RED), alike).points
    assert len(supported) > 1
    assert all(masked(RED)[int(y), int(x)] and label for x, y, label in supported[1:])


def test_support_keeps_away_from_the_negative_click():
    asked = with_support(Prompt(points=[(36, 36, 0)]), masked(RED), None)
    assert len(asked.points) > 1
    assert all(abs(x - 36) + abs(y - 36) >= 4 for x, y, _ in asked.points[1:])
    speck = masked((20, 20, 23, 23))
    assert with_support(Prompt(points=[(21, 21, 0)]), speck, None).points == ((21, 21, 0),)


def test_a_negative_click_takes_away_what_it_points_at_and_nothing_else():
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [Prompt(points=[(30, 30, 1)])])
    tracker.step(SCENE, STEP, [Prompt(points=[(110, 80, 1)], instance_id=1)])
    (instance,) = tracker.step(SCENE, 2 * STEP, [Prompt(points=[(110, 80, 0)], instance_id=1)])
    assert instance.box == RED


def test_a_click_brings_a_lost_instance_back_with_its_memory(monkeypatch):
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [Prompt(points=[(30, 30, 1)])])
    lost = tracker.state.tracks.get(1).lost()
    tracker.state = tracker.state.with_tracks(tracker.state.tracks.replaced([lost]))
    working, asked = FloodPicture.answer, []

    def noting(picture, questions):
        asked.append([question.memories for question in questions])
        return working(picture, questions)

    monkeypatch.setattr(FloodPicture, "answer", noting)
    (instance,) = tracker.step(SCENE, 0, [Prompt(points=[(30, 30, 1)], instance_id=1)])
    assert (instance.id, instance.box) == (1, RED)
    assert asked == [[["red"]]]


def test_only_what_corrects_a_mask_insists_and_frames_never_do(monkeypatch):
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [Prompt(points=[(30, 30, 1)])])
    working, asked = FloodPicture.answer, []

    def noting(picture, questions):
        asked.extend((q.insists, q.before is not None, len(q.memories)) for q in questions)
        return working(picture, questions)

    monkeypatch.setattr(FloodPicture, "answer", noting)
    tracker.step(SCENE, STEP)
    assert asked
    assert not any(insists for insists, *_ in asked)
    asked.clear()
    tracker.step(SCENE, STEP, [Prompt(points=[(110, 80, 1)], instance_id=1)])
    insisting = [rest for insists, *rest in asked if insists]
    assert insisting == [[True, 1]]


def test_overlap_with_where_the_picture_is_alike():
    alike = np.full((15, 20), -0.2, np.float32)
    alike[2:7, 2:7] = 0.2
    assert overlap(alike, masked(RED)) == 1.0
    assert overlap(alike, masked((16, 16, 56, 36))) == 0.5
    assert overlap(alike, masked(BLUE)) == 0.0


def test_corrected_frames_are_remembered_as_shown():
    tracker = Tracker(FloodSegmenter())

    def memory() -> MemoryBank:
        return tracker.state.tracks.get(1).memory

    tracker.step(SCENE, 0, [Prompt(points=[(30, 30, 1)])])
    tracker.step(SCENE, 0, [Prompt(points=[(40, 40, 1)], instance_id=1)])
    assert memory().prompted_tokens == ["red", "red"]
    tracker.step(SCENE, STEP, [Prompt(points=[(36, 36, 1)], instance_id=1)])
    assert memory().prompted_tokens == ["red"] * 3
    tracker.step(SCENE, 2 * STEP, [Prompt(points=[(110, 80, 1)], instance_id=1)])
    assert memory().prompted_tokens == ["red", "red", "red", "blue red"]
    instead = Prompt(points=[(110, 80, 1)], mode=Mode.REPLACE, instance_id=1)
    tracker.step(SCENE, 3 * STEP, [instead])
    assert memory().prompted_tokens == ["blue"]


def test_what_a_negative_click_leaves_must_look_like_the_instance(monkeypatch):
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [Prompt(points=[(30, 30, 1)])])
    tracker.step(SCENE, STEP, [Prompt(points=[(110, 80, 1)], instance_id=1)])
    monkeypatch.setattr("seem_ros.tracking.correcting.looks_like_shown", lambda *_: False)
    (instance,) = tracker.step(SCENE, 2 * STEP, [Prompt(points=[(110, 80, 0)], instance_id=1)])
    assert instance.state == "lost"
    assert tracker.reports[-1].code == "accepted"
    assert "looked for" in tracker.reports[-1].message
    (shown,) = tracker.step(SCENE, 3 * STEP, [Prompt(points=[(30, 30, 1)], instance_id=1)])
    assert shown.state == "tracked"  # with a positive click the operator knows better
