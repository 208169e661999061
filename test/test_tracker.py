"""Tracker: prompts, corrections and ids, on drawn scenes whose true masks are known."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import TRACKED
from seem_ros.prompts import Mode, Prompt, PromptKind
from seem_ros.tracker import Tracker, TrackerConfig
from seem_ros.tracking import state
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


def test_click_starts_an_instance_that_follows_the_object(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    for frame in range(1, 8):
        moved = shifted(RED, 4 * frame, 2 * frame)
        instance = only(tracker.step(draw_scene([("red", moved), ("blue", BLUE)]), frame * STEP))
        assert (instance.id, instance.state, instance.box) == (1, TRACKED, moved)
        assert instance.last_seen == frame * STEP
    assert instance.class_name == "red"
    assert instance.prompt_kinds == PromptKind.POINT | PromptKind.MEMORY
    assert tracker.target_id == 1


def test_all_instances_are_decoded_in_one_call_on_one_image():
    model = FloodSegmenter()
    tracker = Tracker(model)
    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    assert model.images_set == 1
    model.batches.clear()
    tracker.step(SCENE, STEP)
    assert (model.images_set, model.batches) == (2, [2])


def test_frames_without_instances_cost_nothing():
    model = FloodSegmenter()
    Tracker(model).step(SCENE, 0)
    assert model.images_set == 0


def test_click_inside_a_mask_refines_and_outside_starts_another(tracker):
    tracker.step(SCENE, 0, [Prompt(points=[(20, 20, 1)], label="mine")])
    tracker.step(SCENE, STEP, [Prompt(points=[(30, 30, 1)]), CLICK_BLUE])
    assert [report.instance_id for report in tracker.reports] == [1, 2]
    assert [report.code for report in tracker.reports] == ["accepted", "accepted"]
    assert [item.label for item in tracker.instances] == ["mine", ""]


def test_click_mode_new_and_refine():
    new = Tracker(FloodSegmenter(), TrackerConfig(click_mode="new"))
    new.step(SCENE, 0, [CLICK_RED, CLICK_RED])
    assert [report.instance_id for report in new.reports] == [1, 2]
    refine = Tracker(FloodSegmenter(), TrackerConfig(click_mode="refine"))
    instance = only(refine.step(SCENE, 0, [CLICK_RED, CLICK_BLUE]))
    assert instance.area == 40 * 30 + 40 * 40


def test_refining_keeps_id_and_label_and_adds_to_the_mask(tracker):
    tracker.step(SCENE, 0, [Prompt(points=[(20, 20, 1)], label="thing")])
    grow = Prompt(points=[(100, 80, 1)], mode=Mode.REFINE, instance_id=1)
    instance = only(tracker.step(SCENE, STEP, [grow]))
    assert (instance.id, instance.label, instance.area) == (1, "thing", 40 * 30 + 40 * 40)
    shrink = Prompt(points=[(20, 20, 0)])
    instance = only(tracker.step(SCENE, 2 * STEP, [shrink]))
    assert (instance.id, instance.box) == (1, BLUE)


def test_replace_starts_the_mask_anew_under_the_same_id(tracker):
    tracker.step(SCENE, 0, [Prompt(points=[(20, 20, 1)], label="thing")])
    instead = Prompt(points=[(100, 80, 1)], mode=Mode.REPLACE, instance_id=1)
    instance = only(tracker.step(SCENE, STEP, [instead]))
    assert (instance.id, instance.label, instance.box) == (1, "thing", BLUE)
    assert instance.prompt_kinds & PromptKind.POINT


def test_replace_by_words_takes_the_best_match(tracker):
    scene = draw_scene([("red", RED), ("blue", BLUE), ("blue", (60, 5, 80, 25))])
    tracker.step(scene, 0, [CLICK_RED])
    instance = only(tracker.step(scene, STEP, [Prompt(text="blue", mode=Mode.REPLACE)]))
    assert (instance.id, instance.box, instance.class_name) == (1, BLUE, "blue")


def test_text_makes_one_instance_per_match_and_none_for_absent_names(tracker):
    scene = draw_scene([("red", RED), ("red", BLUE), ("blue", (60, 5, 80, 25))])
    instances = tracker.step(scene, 0, [Prompt(text="red", id="t"), Prompt(text="yellow")])
    assert [item.box for item in instances] == [BLUE, RED]
    assert [report.code for report in tracker.reports] == ["accepted", "not_found"]
    assert "yellow" in tracker.reports[1].message
    again = tracker.step(scene, STEP, [Prompt(text="red")])
    assert [item.id for item in again] == [1, 2]


def test_text_respects_max_instances():
    tracker = Tracker(FloodSegmenter(), TrackerConfig(max_instances=1))
    scene = draw_scene([("red", RED), ("red", BLUE)])
    assert len(tracker.step(scene, 0, [Prompt(text="red")])) == 1
    tracker.step(scene, STEP, [Prompt(text="red"), Prompt(points=[(20, 20, 1)])])
    assert [report.code for report in tracker.reports] == ["accepted", "refused"]
    assert "max_instances" in tracker.reports[1].message


def test_tracked_text_finds_what_appears_later(tracker, monkeypatch):
    monkeypatch.setattr(state, "WATCH_EVERY", 2)
    tracker.step(SCENE, 0, [Prompt(text="yellow", track=True)])
    assert code(tracker) == "not_found"
    later = draw_scene([("red", RED), ("blue", BLUE), ("yellow", (60, 5, 80, 25))])
    for frame in range(1, 5):
        instances = tracker.step(later, frame * STEP)
    instance = only(instances)
    assert (instance.id, instance.class_name, instance.box) == (1, "yellow", (60, 5, 80, 25))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (Prompt(points=[(20, 20, 1)], instance_id=7), "unknown instance 7: known are 1"),
        (Prompt(points=[(200, 20, 1)]), "outside"),
        (Prompt(points=[(float("nan"), 20, 1)]), "not finite"),
        (Prompt(mask=np.ones((4, 4), bool)), "mask is"),
        (Prompt(), "empty prompt"),
        (Prompt(mode=Mode.REMOVE, instance_id=9), "unknown instance 9"),
        (Prompt(mode=Mode.SELECT, points=[(150, 110, 1)]), "no instance under the click"),
        (Prompt(mode=Mode.UNDO, instance_id=9), "nothing to undo for instance 9"),
    ],
)
def test_a_refused_prompt_changes_nothing(tracker, prompt, reason):
    tracker.step(SCENE, 0, [CLICK_RED])
    instance = only(tracker.step(SCENE, STEP, [prompt]))
    assert code(tracker) == "refused"
    assert reason in tracker.reports[0].message
    assert (instance.id, instance.box, instance.state) == (1, RED, TRACKED)
    assert only(tracker.step(SCENE, 2 * STEP, [Prompt(mode=Mode.UNDO)]) or [instance]).id == 1
    assert tracker.instances == []


def test_negative_click_with_nothing_to_refine_is_refused(tracker):
    assert tracker.step(SCENE, 0, [Prompt(points=[(20, 20, 0)])]) == []
    assert "only negative" in tracker.reports[0].message


def test_remove_select_and_ids_are_not_used_again(tracker):
    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    tracker.step(SCENE, STEP, [Prompt(mode=Mode.SELECT, points=[(100, 80, 1)])])
    assert tracker.target_id == 2
    tracker.step(SCENE, 2 * STEP, [Prompt(mode=Mode.REMOVE, instance_id=2)])
    assert code(tracker) == "done"
    assert (tracker.target_id, [item.id for item in tracker.instances]) == (0, [1])
    tracker.step(SCENE, 3 * STEP, [CLICK_BLUE])
    assert [item.id for item in tracker.instances] == [1, 3]
    tracker.reset()
    tracker.step(SCENE, 0, [CLICK_RED])
    assert [item.id for item in tracker.instances] == [4]


def test_undo_takes_back_each_prompt_in_turn(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    grow = Prompt(points=[(100, 80, 1)], mode=Mode.REFINE, instance_id=1, id="grow")
    tracker.step(SCENE, STEP, [grow])
    tracker.step(SCENE, 2 * STEP, [Prompt(mode=Mode.REMOVE, instance_id=1)])
    assert tracker.instances == []
    instance = only(tracker.step(SCENE, 3 * STEP, [Prompt(mode=Mode.UNDO)]))
    assert (instance.id, instance.area) == (1, 40 * 30 + 40 * 40)
    instance = only(tracker.step(SCENE, 4 * STEP, [Prompt(mode=Mode.UNDO)]))
    assert tracker.reports[0].message == "took back prompt grow"
    assert (instance.id, instance.box, tracker.target_id) == (1, RED, 1)
    assert tracker.step(SCENE, 5 * STEP, [Prompt(mode=Mode.UNDO)]) == []
    tracker.step(SCENE, 6 * STEP, [Prompt(mode=Mode.UNDO)])
    assert (code(tracker), tracker.reports[0].message) == ("refused", "nothing to undo")


def test_undone_refinement_is_carried_to_where_the_object_is_now(tracker):
    scenes = [draw_scene([("red", shifted(RED, 3 * k)), ("blue", BLUE)]) for k in range(6)]
    tracker.step(scenes[0], 0, [CLICK_RED])
    tracker.step(scenes[1], STEP, [Prompt(points=[(100, 80, 1)], instance_id=1)])
    for k in (2, 3, 4):
        tracker.step(scenes[k], k * STEP)
    instance = only(tracker.step(scenes[5], 5 * STEP, [Prompt(mode=Mode.UNDO)]))
    assert instance.box == shifted(RED, 15)


def test_what_the_method_takes_back_is_in_the_newest_frame_at_once(tracker):
    scenes = [draw_scene([("red", shifted(RED, 3 * k)), ("blue", BLUE)]) for k in range(6)]
    tracker.step(scenes[0], 0, [CLICK_RED])
    tracker.step(scenes[1], STEP, [Prompt(points=[(100, 80, 1)], instance_id=1)])
    for k in (2, 3, 4):
        tracker.step(scenes[k], k * STEP)
    tracker.undo()
    assert only(tracker.instances).box == shifted(RED, 12)
    tracker.remove(1)
    tracker.step(np.zeros_like(SCENE), 5 * STEP)
    tracker.undo()
    assert only(tracker.instances).mask is None  # the frame is blank


def test_methods_match_the_modes(tracker):
    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    tracker.rename(2, "box")
    tracker.select(2)
    tracker.remove([1])
    assert [(item.id, item.label) for item in tracker.instances] == [(2, "box")]
    assert tracker.target_id == 2
    tracker.undo()
    assert [item.id for item in tracker.instances] == [1, 2]
    for call in (tracker.select, tracker.remove):
        with pytest.raises(ValueError, match="unknown instance 5"):
            call(5)
    with pytest.raises(ValueError, match="unknown instance 5"):
        tracker.rename(5, "x")


def test_config_refuses_nonsense():
    with pytest.raises(ValueError, match="click_mode"):
        TrackerConfig(click_mode="always")
    with pytest.raises(ValueError, match="lost_score"):
        TrackerConfig(lost_score=0.9)
    with pytest.raises(ValueError, match="max_instances"):
        TrackerConfig(max_instances=0)


def test_a_correction_carries_the_clicks_shortly_before_it(tracker, monkeypatch):
    asked = []
    working = FloodPicture.answer

    def listening(picture, questions):
        asked.extend(question.prompt.points for question in questions if not question.memories)
        return working(picture, questions)

    monkeypatch.setattr(FloodPicture, "answer", listening)
    tracker.step(SCENE, 0, [CLICK_RED])
    tracker.step(SCENE, STEP, [Prompt(points=[(40, 30, 1)])])
    np.testing.assert_allclose(asked[1], [(20, 20, 1), (40, 30, 1)], atol=0.3)
    tracker.step(SCENE, 9 * SECOND, [Prompt(points=[(30, 30, 1)])])
    assert len(asked[2]) == 1


def test_a_trusted_mask_is_taken_as_it_is():
    tracker = Tracker(FloodSegmenter(), TrackerConfig(trust_masks=True))
    rough = np.zeros(SCENE.shape[:2], bool)
    rough[12:30, 12:40] = True
    assert np.array_equal(only(tracker.step(SCENE, 0, [Prompt(mask=rough)])).mask, rough)
