"""What words ask a tracker for: several things at once, refusals, and names that stay."""

from __future__ import annotations

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodSegmenter, draw_scene
from support.red_and_blue import BLUE, CLICK_RED, RED, SCENE, STEP, only


def test_a_text_for_two_things_makes_both_and_one_report() -> None:
    tracker = Tracker(FloodSegmenter())
    both = Prompt(text="please find the red mug and the blue plate", id="both")
    found = tracker.step(SCENE, 0, [both])
    assert [instance.label for instance in found] == ["red mug", "blue plate"]
    (report,) = tracker.reports
    assert (report.prompt_id, report.code, report.instance_id) == ("both", "accepted", 1)
    assert report.message == "instance 1; instance 2"
    assert tracker.undo() == "both"
    assert tracker.instances == []


def test_what_is_missing_of_several_is_said() -> None:
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [Prompt(text="green cup; red mug")])
    (report,) = tracker.reports
    assert (report.code, report.instance_id) == ("accepted", 1)
    assert report.message == "nothing in view fits 'green cup'; instance 1"
    tracker.step(SCENE, STEP, [Prompt(text="green cup; white mug")])
    assert tracker.reports[0].code == "not_found"


def test_what_cannot_be_judged_is_refused_and_changes_nothing() -> None:
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [Prompt(text="the red cup next to the blue plate")])
    (report,) = tracker.reports
    assert report.code == "refused"
    assert "second cup from the left" in report.message
    assert tracker.instances == []


def test_what_the_operator_said_is_the_label_and_stays() -> None:
    tracker = Tracker(FloodSegmenter())
    said = tracker.step(SCENE, 0, [Prompt(text="the left red mug")])
    assert (only(said).label, only(said).name) == ("red mug", "red mug")
    assert only(said).class_name == "red"
    for n in range(1, 4):
        assert only(tracker.step(SCENE, n * STEP)).label == "red mug"
    click = Prompt(points=[(20, 20, 1)], instance_id=1)
    assert only(tracker.step(SCENE, 4 * STEP, [click])).label == "red mug"


def test_words_name_what_was_clicked_but_never_rename_it() -> None:
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 0, [CLICK_RED])
    assert only(tracker.instances).label == ""
    assert only(tracker.step(SCENE, 0, [Prompt(text="red mug")])).label == "red mug"
    assert only(tracker.step(SCENE, 0, [Prompt(text="red cup")])).label == "red mug"


def test_other_words_in_its_place_rename_it_unless_it_has_a_label() -> None:
    scene = draw_scene([("red", RED), ("blue", BLUE)])
    tracker = Tracker(FloodSegmenter())
    tracker.step(scene, 0, [Prompt(text="red mug")])
    other = Prompt(text="blue plate", mode=Mode.REPLACE, instance_id=1)
    assert only(tracker.step(scene, 0, [other])).label == "blue plate"
    tracker.rename(1, "mine")
    again = Prompt(text="red mug", mode=Mode.REPLACE, instance_id=1)
    assert only(tracker.step(scene, 0, [again])).label == "mine"


def test_attributes_alone_are_no_name() -> None:
    tracker = Tracker(FloodSegmenter())
    assert only(tracker.step(SCENE, 0, [Prompt(text="the red one")])).label == ""
