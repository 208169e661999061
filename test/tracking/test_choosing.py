"""Another reading of the last click: chosen, remembered, carried, taken back, refused."""

import numpy as np
import pytest

from seem_ros import Prompt, Tracker
from seem_ros.prompts import Mode
from seem_ros.tracking.choosing import KEPT_S
from seem_ros.tracking.config import TrackerConfig
from support.flood_segmenter import FloodSegmenter, draw_scene

LEFT, RIGHT, BLUE = (20, 30, 50, 60), (90, 30, 120, 60), (60, 80, 100, 110)
SCENE = (("red", LEFT), ("red", RIGHT), ("blue", BLUE))
CLICK = Prompt(points=[(35, 45, 1)])
NEXT = Prompt(mode=Mode.NEXT)
SECOND = 10**9


def _mask(*boxes):
    mask = np.zeros((120, 160), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


def _moved(by):
    return draw_scene([(name, (x0 + by, y0, x1 + by, y1)) for name, (x0, y0, x1, y1) in SCENE])


def _clicked(**config):
    """A tracker after a click on the left red thing."""
    tracker = Tracker(FloodSegmenter(), TrackerConfig(**config))
    rgb = draw_scene(SCENE)
    tracker.step(rgb, 0, [CLICK])
    return tracker, rgb


def _said(tracker):
    (report,) = tracker.reports
    return report.code, report.message


def test_nothing_is_computed_before_somebody_asks():
    tracker, rgb = _clicked()
    assert tracker._model.readings_asked == 0
    assert (tracker.instances[0].reading, tracker.instances[0].readings) == (0, 0)
    tracker.step(rgb, 0, [NEXT])
    tracker.step(rgb, 0, [NEXT])
    assert tracker._model.readings_asked == 1


def test_each_reading_in_turn_and_the_first_again():
    tracker, rgb = _clicked()
    wanted = [_mask(LEFT, RIGHT), _mask(LEFT, RIGHT, BLUE), _mask(LEFT)]
    for number, mask in zip((2, 3, 1), wanted, strict=True):
        (instance,) = tracker.step(rgb, 0, [NEXT])
        assert _said(tracker) == ("done", f"reading {number} of 3 of instance 1")
        assert np.array_equal(instance.mask, mask)
        assert (instance.id, instance.reading, instance.readings) == (1, number, 3)


def test_bigger_and_smaller_go_by_area():
    tracker, rgb = _clicked()
    sizes = []
    for word in ("bigger", "larger", "smaller", "smaller"):
        (instance,) = tracker.step(rgb, 0, [Prompt(mode=Mode.NEXT, text=word)])
        sizes.append(instance.reading)
    assert sizes == [2, 3, 2, 1]
    tracker.step(rgb, 0, [Prompt(mode=Mode.NEXT, text="smaller")])
    assert _said(tracker) == (
        "refused", "no smaller reading of the last click is known: click again",
    )  # fmt: skip
    tracker.step(rgb, 0, [Prompt(mode=Mode.NEXT, text="mug")])
    assert _said(tracker)[1] == "the next reading can be 'bigger' or 'smaller', not 'mug'"


def test_the_chosen_reading_is_what_is_remembered():
    tracker, rgb = _clicked()
    tracker.step(rgb, 0, [NEXT, NEXT])
    (track,) = tracker.state.tracks
    assert track.memory.tokens == ["blue red"]  # of the last reading, and nothing of the first


def test_a_chosen_reading_is_followed():
    tracker, rgb = _clicked()
    tracker.step(rgb, 0, [NEXT])
    for frame in range(1, 5):
        (instance,) = tracker.step(_moved(2 * frame), frame * SECOND // 10)
    assert np.array_equal(instance.mask, np.roll(_mask(LEFT, RIGHT), 8, axis=1))
    assert (instance.reading, instance.readings) == (2, 3)


@pytest.mark.parametrize("seconds", [0.4, 8.0])
def test_a_reading_is_carried_to_the_newest_frame(seconds):
    tracker, _ = _clicked()
    for frame in range(1, 5):
        tracker.step(_moved(2 * frame), int(frame * seconds / 4 * SECOND))
    (instance,) = tracker.step(_moved(8), int(seconds * SECOND), [NEXT])
    assert _said(tracker) == ("done", "reading 2 of 3 of instance 1")
    assert np.array_equal(instance.mask, np.roll(_mask(LEFT, RIGHT), 8, axis=1))


def test_undo_takes_a_reading_back():
    tracker, rgb = _clicked()
    tracker.step(rgb, 0, [NEXT])
    (instance,) = tracker.step(rgb, 0, [Prompt(mode=Mode.UNDO)])
    assert np.array_equal(instance.mask, _mask(LEFT))
    assert (instance.reading, instance.readings) == (0, 0)
    (instance,) = tracker.step(rgb, 0, [NEXT])
    assert instance.reading == 2  # the click is still known


def test_a_rename_since_the_click_stays():
    tracker, rgb = _clicked()
    tracker.rename(1, "the tall one")
    (instance,) = tracker.step(rgb, 0, [NEXT])
    assert instance.label == "the tall one"


def test_others_get_back_what_the_first_reading_took():
    tracker = Tracker(FloodSegmenter())
    rgb = draw_scene(SCENE)
    blue = Prompt(points=[(80, 95, 1)])
    tracker.step(rgb, 0, [blue, CLICK, Prompt(mode=Mode.SELECT, instance_id=2)])
    first, second = tracker.step(rgb, 0, [NEXT, NEXT])
    assert first.area == 0  # the third reading has all things
    assert np.array_equal(second.mask, _mask(LEFT, RIGHT, BLUE))
    first, second = tracker.step(rgb, 0, [NEXT])
    assert np.array_equal(first.mask, _mask(BLUE))
    assert np.array_equal(second.mask, _mask(LEFT))


def test_readings_that_are_shown_come_with_the_click():
    tracker, rgb = _clicked(show_readings=True)
    (report,) = tracker.reports
    assert report.code == "accepted"
    assert [np.count_nonzero(mask) for mask in report.others] == [1800, 3000]
    assert (tracker.instances[0].reading, tracker.instances[0].readings) == (1, 3)
    tracker.step(rgb, 0, [NEXT])
    (report,) = tracker.reports
    assert [np.count_nonzero(mask) for mask in report.others] == [900, 3000]


@pytest.mark.parametrize(
    ("before", "asked", "reason"),
    [
        ([], NEXT, "nothing to read otherwise: give an instance_id or click an instance"),
        ([CLICK], Prompt(mode=Mode.NEXT, instance_id=7), "unknown instance 7: known are 1"),
        ([CLICK], Prompt(mode=Mode.NEXT, points=[(5, 5, 1)]), "no instance under the click"),
        ([Prompt(text="blue")], NEXT, "nothing was clicked on instance 1: click it, then"),
    ],
)
def test_what_cannot_be_is_refused(before, asked, reason):
    tracker = Tracker(FloodSegmenter())
    rgb = draw_scene(SCENE)
    tracker.step(rgb, 0, before)
    state = tracker.state
    tracker.step(rgb, 0, [asked])
    code, message = _said(tracker)
    assert code == "refused"
    assert message.startswith(reason)
    assert tracker.state.tracks is state.tracks


def test_one_reading_alone_is_refused():
    tracker = Tracker(FloodSegmenter())
    rgb = draw_scene([("red", LEFT)])
    tracker.step(rgb, 0, [CLICK])
    tracker.step(rgb, 0, [NEXT])
    assert _said(tracker) == (
        "refused",
        "the last prompt on instance 1 can mean nothing else: "
        "click again, on what is missing or on what is too much",
    )


def test_a_click_long_past_is_refused():
    tracker, rgb = _clicked()
    tracker.step(rgb, int((KEPT_S + 1) * SECOND), [NEXT])
    code, message = _said(tracker)
    assert code == "refused"
    assert message.startswith("the last click on instance 1 is too long past: click it again")


def test_after_a_cut_nothing_is_guessed():
    tracker, _ = _clicked()
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    tracker.step(noise, SECOND // 10)
    tracker.step(noise, SECOND // 10, [NEXT])
    code, message = _said(tracker)
    assert code == "refused"
    assert message.startswith("the picture changed since the click: click again")


def test_only_the_last_clicks_are_kept():
    boxes = [(10 + 25 * n, 20, 25 + 25 * n, 40) for n in range(6)]
    rgb = draw_scene([("red", box) for box in boxes])
    tracker = Tracker(FloodSegmenter())
    tracker.step(rgb, 0, [Prompt(points=[(x0 + 5, 30, 1)]) for x0, *_ in boxes])
    tracker.step(rgb, 0, [Prompt(mode=Mode.NEXT, instance_id=1)])
    assert _said(tracker)[1].startswith("the last click on instance 1 is too long past")
    tracker.step(rgb, 0, [Prompt(mode=Mode.NEXT, instance_id=6)])
    assert _said(tracker) == ("done", "reading 2 of 2 of instance 6")
