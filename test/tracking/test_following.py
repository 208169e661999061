"""Tracker: who is who from frame to frame, on drawn scenes whose true masks are known."""

from __future__ import annotations

import dataclasses

import numpy as np

from seem_ros.instances import LOST, TRACKED
from seem_ros.prompts import Mode, Prompt
from seem_ros.tracker import Tracker, TrackerConfig
from seem_ros.tracking import asking
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene
from support.red_and_blue import BLUE, CLICK_BLUE, CLICK_RED, RED, SCENE, STEP, only, shifted


def test_lost_instance_comes_back_with_its_id(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    gone = draw_scene([("blue", BLUE)])
    states = [only(tracker.step(gone, frame * STEP)).state for frame in range(1, 6)]
    assert states[-1] == LOST
    lost = tracker.instances[0]
    assert (lost.mask, lost.box, lost.last_seen) == (None, None, 0)
    back = draw_scene([("red", (70, 10, 110, 40)), ("blue", BLUE)])
    instance = only(tracker.step(back, 6 * STEP))
    assert (instance.id, instance.state, instance.box) == (1, TRACKED, (70, 10, 110, 40))


def test_camera_cut_does_not_give_the_id_to_something_else(tracker):
    noise = np.random.default_rng(3).integers(0, 255, SCENE.shape, np.uint8)
    tracker.step(SCENE, 0, [CLICK_RED])
    noise[15:45, 15:55] = (40, 60, 210)
    assert only(tracker.step(noise, STEP)).state == LOST


def test_equal_objects_keep_their_ids_when_they_pass(tracker):
    first, second = (10, 20, 30, 40), (110, 60, 130, 80)
    scene = draw_scene([("red", first), ("red", second)])
    tracker.step(scene, 0, [Prompt(points=[(20, 30, 1)]), Prompt(points=[(120, 70, 1)])])
    for frame in range(1, 20):
        boxes = shifted(first, 5 * frame), shifted(second, -5 * frame)
        instances = tracker.step(draw_scene([("red", box) for box in boxes]), frame * STEP)
        assert [item.box for item in instances] == list(boxes)


def test_masks_do_not_overlap(tracker):
    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    both = Prompt(points=[(20, 20, 1)], mode=Mode.REFINE, instance_id=2)
    instances = tracker.step(SCENE, STEP, [both])
    assert not (instances[0].mask & instances[1].mask).any()
    instances = tracker.step(SCENE, 2 * STEP)
    seen = [item.mask for item in instances if item.mask is not None]
    assert np.sum(seen, axis=0).max() == 1


def test_the_model_looks_at_the_whole_picture_once_in_a_while_and_in_turn(monkeypatch):
    monkeypatch.setattr(asking, "WHOLE_EVERY", 3)
    tracker = Tracker(FloodSegmenter())
    working, asked = FloodPicture.answer, []

    def noting(picture, questions):
        asked.append([question.glance for question in questions])
        answers = working(picture, questions)
        return [dataclasses.replace(answer, context="norms") for answer in answers]

    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    monkeypatch.setattr(FloodPicture, "answer", noting)
    for frame in range(1, 10):
        tracker.step(SCENE, frame * STEP)
    assert asked[0] == [False, False]
    assert asked[1:3] == [[True, True]] * 2
    assert asked[3:9] == [[False, True], [True, False], [True, True]] * 2


def test_a_mask_of_something_else_is_lost_even_if_the_score_is_high():
    model = FloodSegmenter()
    tracker = Tracker(model)
    scene = draw_scene([("red", RED), ("blue", BLUE)])
    tracker.step(scene, 0, [CLICK_RED])
    model.likeness = lambda result, memories: 0.5
    states = [only(tracker.step(scene, frame * STEP)).state for frame in range(1, 5)]
    assert states[0] == "uncertain"
    assert states[-1] == LOST
    del model.likeness
    assert only(tracker.step(scene, 5 * STEP)).state == TRACKED


def test_a_lost_instance_does_not_come_back_on_its_tracked_twin(tracker):
    twin = (110, 60, 150, 90)
    both = draw_scene([("red", RED), ("red", twin)])
    tracker.step(both, 0, [CLICK_RED, Prompt(points=[(120, 70, 1)])])
    alone = draw_scene([("red", twin)])
    for frame in range(1, 8):
        first, second = tracker.step(alone, frame * STEP)
        assert (second.state, second.box) == (TRACKED, twin)
    assert (first.state, first.mask) == (LOST, None)
    back = shifted(RED, 40)
    again = draw_scene([("red", back), ("red", twin)])
    first, second = tracker.step(again, 8 * STEP)
    assert (first.state, first.box, second.box) == (TRACKED, back, twin)


def test_a_click_brings_an_instance_back_from_what_it_slipped_onto(tracker):
    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    tracks = tracker.state.tracks
    slipped, other = tracks.get(1), tracks.get(2)
    slipped = dataclasses.replace(slipped, result=other.result, mask=other.mask)
    tracker.state = tracker.state.with_tracks(tracks.replaced([slipped]))
    tracker.remove(2)
    again = Prompt(points=[(30, 30, 1)], mode=Mode.REFINE, instance_id=1)
    instance = only(tracker.step(SCENE, 0, [again]))
    assert (instance.id, instance.box, instance.class_name) == (1, RED, "red")


def test_pictures_are_read_in_more_detail_while_something_small_is_in_view(monkeypatch):
    model, details = FloodSegmenter(), []
    tracker = Tracker(model, TrackerConfig(small_detail=2.0))
    working = model.look

    def noting(rgb, detail=1.0):
        details.append(detail)
        return working(rgb, detail)

    monkeypatch.setattr(model, "look", noting)
    small = (90, 60, 100, 70)
    scene = draw_scene([("red", RED), ("blue", small)])
    tracker.step(scene, 0, [CLICK_RED])
    tracker.step(scene, STEP)
    tracker.step(scene, STEP, [Prompt(points=[(95, 65, 1)], id="speck")])
    assert details == [1.0, 1.0, 2.0]
    tracker.step(scene, 2 * STEP)
    assert details[3:] == [2.0]
    tracker.remove(2)
    tracker.step(scene, 3 * STEP)
    assert details[4:] == [1.0]
    trusting = Tracker(model, TrackerConfig(trust_masks=True, small_detail=1.5))
    speck = np.zeros(scene.shape[:2], bool)
    speck[60:70, 90:100] = True
    trusting.step(scene, 0, [Prompt(mask=speck)])
    assert details[5:] == [1.5]
