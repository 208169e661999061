"""Tracker: prompts, ids, states and time, on drawn scenes whose true masks are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from seem_ros.instances import LOST, TRACKED, Instance
from seem_ros.prompts import Mode, Prompt, PromptKind
from seem_ros.tracker import Tracker, TrackerConfig
from support.flood_segmenter import FloodSegmenter, draw_scene

SECOND = 1_000_000_000
STEP = SECOND // 10
RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)
SCENE = draw_scene([("red", RED), ("blue", BLUE)])
CLICK_RED = Prompt(points=[(20, 20, 1)], id="red")
CLICK_BLUE = Prompt(points=[(100, 80, 1)], id="blue")


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(FloodSegmenter())


def shifted(box: tuple[int, int, int, int], dx: int, dy: int = 0) -> tuple[int, int, int, int]:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def only(instances: list[Instance]) -> Instance:
    assert len(instances) == 1
    return instances[0]


def code(tracker: Tracker) -> str:
    return tracker.reports[-1].code


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


def test_tracked_text_finds_what_appears_later():
    tracker = Tracker(FloodSegmenter(), TrackerConfig(watch_every=2))
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
    model.set_image(np.zeros_like(SCENE))  # somebody else asked about another image
    tracker.step(SCENE, STEP, [Prompt(points=[(20, 20, 1), (100, 80, 0)])])
    assert (model.images_set, code(tracker)) == (3, "accepted")


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


def test_model_failure_keeps_state_and_waiting_prompts(tracker):
    tracker.step(SCENE, 0, [CLICK_RED])
    model = tracker._model
    working = model.predict_batch

    def out_of_memory(*_):
        raise RuntimeError("out of memory")

    model.predict_batch = out_of_memory
    with pytest.raises(RuntimeError, match="out of memory"):
        tracker.step(SCENE, STEP, [CLICK_BLUE])
    model.predict_batch = working
    assert [item.box for item in tracker.step(SCENE, 2 * STEP)] == [RED, BLUE]


def test_config_refuses_nonsense():
    with pytest.raises(ValueError, match="click_mode"):
        TrackerConfig(click_mode="always")
    with pytest.raises(ValueError, match="lost_score"):
        TrackerConfig(lost_score=0.9)
    with pytest.raises(ValueError, match="max_instances"):
        TrackerConfig(max_instances=0)


def test_a_correction_carries_the_clicks_shortly_before_it(tracker, monkeypatch):
    asked = []
    working = tracker._model.predict

    def listening(prompt, previous=None):
        asked.append(prompt.points)
        return working(prompt, previous)

    monkeypatch.setattr(tracker._model, "predict", listening)
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


def test_the_model_looks_at_the_whole_picture_once_in_a_while_and_in_turn(monkeypatch):
    tracker = Tracker(FloodSegmenter(), TrackerConfig(whole_every=3))
    working, asked = tracker._model.predict_batch, []

    def noting(prompts, previous, references, glances):
        asked.append(glances)
        answers = working(prompts, previous, references)
        return [dataclasses.replace(answer, context="norms") for answer in answers]

    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    monkeypatch.setattr(tracker._model, "predict_batch", noting)
    for frame in range(1, 10):
        tracker.step(SCENE, frame * STEP)
    assert asked[0] == [False, False]
    assert asked[1:3] == [[True, True]] * 2
    assert asked[3:9] == [[False, True], [True, False], [True, True]] * 2


def test_a_mask_of_something_else_is_lost_even_if_the_score_is_high(tracker):
    scene = draw_scene([("red", RED), ("blue", BLUE)])
    tracker.step(scene, 0, [CLICK_RED])
    tracker._model.likeness = lambda result, references: 0.5
    states = [only(tracker.step(scene, frame * STEP)).state for frame in range(1, 5)]
    assert states[0] == "uncertain"
    assert states[-1] == LOST
    del tracker._model.likeness
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
    slipped, other = (tracker._tracks.tracks[number] for number in (1, 2))
    slipped.result, slipped.mask = other.result, other.mask
    tracker.remove(2)
    again = Prompt(points=[(30, 30, 1)], mode=Mode.REFINE, instance_id=1)
    instance = only(tracker.step(SCENE, 0, [again]))
    assert (instance.id, instance.box, instance.class_name) == (1, RED, "red")


def test_pictures_are_read_in_more_detail_while_something_small_is_in_view(monkeypatch):
    tracker = Tracker(FloodSegmenter(), TrackerConfig(small_area=0.01, small_detail=2.0))
    model, details = tracker._model, []
    working = model.set_image

    def noting(rgb, detail=1.0):
        details.append(detail)
        working(rgb, detail)

    monkeypatch.setattr(model, "set_image", noting)
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
    assert details[5:] == [1.0, 1.5]
