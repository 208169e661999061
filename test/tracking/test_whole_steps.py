"""A step happens wholly or not at all, whichever call of the model fails."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracker import Tracker
from seem_ros.tracking.state import TrackerState
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene
from support.red_and_blue import BLUE, CLICK_BLUE, CLICK_RED, RED, SCENE, STEP, shifted

GREEN, WHITE = (70, 10, 90, 30), (125, 10, 145, 30)
PROMPTS = [
    Prompt(points=[(28, 20, 1)], id="refine"),
    Prompt(text="white", label="w", id="words"),
    Prompt(points=[(100, 80, 1)], instance_id=1, id="more"),
    Prompt(points=[(100, 80, 0)], instance_id=1, id="less"),
    Prompt(mode=Mode.UNDO, id="undo"),
    Prompt(points=[(100, 80, 1)], instance_id=2, id="found"),
    Prompt(mode=Mode.REMOVE, instance_id=3, id="removed"),
]


class FaultyModel(FloodSegmenter):
    """Counts all calls of the model and its pictures, and runs out of memory at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.calls, self.fails_at = 0, 0
        for name in ("look", "likeness", "confusable"):
            monkeypatch.setattr(self, name, self._counted(getattr(self, name)))
        for name in ("answer", "remember", "resemblance"):
            monkeypatch.setattr(FloodPicture, name, self._counted(getattr(FloodPicture, name)))

    def _counted(self, call):
        def counted(*args):
            self.calls += 1
            if self.calls == self.fails_at:
                raise RuntimeError("out of memory")
            return call(*args)

        return counted


def scene(dx: int) -> np.ndarray:
    """Return a red, a blue, a green and a white thing, moved to the right."""
    boxes = {"red": RED, "blue": BLUE, "green": GREEN, "white": WHITE}
    return draw_scene([(name, shifted(box, dx)) for name, box in boxes.items()])


def begun(model: FaultyModel) -> TrackerState:
    """Return what a tracker knows of three things, one of them lost, and of a watched text."""
    tracker = Tracker(model)
    tracker.step(scene(0), 0, [CLICK_RED, CLICK_BLUE, Prompt(text="green", track=True)])
    without_blue = draw_scene([("red", RED), ("green", GREEN)])
    for frame in range(1, 5):
        tracker.step(without_blue, frame * STEP)
    assert [item.state for item in tracker.instances] == ["tracked", "lost", "tracked"]
    return tracker.state


def tracker_from(model: FaultyModel, state: TrackerState) -> Tracker:
    """Return a tracker that goes on from there."""
    tracker = Tracker(model)
    tracker.state = state
    return tracker


def seen_of(tracker: Tracker) -> list:
    """Return all that can be seen of a tracker, as plain values."""
    rows = [dataclasses.asdict(instance) for instance in tracker.instances]
    for row in rows:
        row["mask"] = None if row["mask"] is None else row["mask"].tobytes()
    banks = [track.memory.memories for track in tracker.state.tracks]
    memories = [[(m.stamp_ns, m.tokens, m.prompted) for m in bank] for bank in banks]
    return [rows, memories, tracker.target_id, tracker.reports, tracker.can_undo]


def step_and_after(tracker: Tracker, prompts: list[Prompt]) -> list:
    """Take the step that may have failed before, and one more; return what was seen after each."""
    seen = []
    for frame, asked in ((5, prompts), (6, [Prompt(mode=Mode.UNDO)])):
        tracker.step(scene(2 * frame), frame * STEP, asked)
        seen.append(seen_of(tracker))
    return seen


@pytest.mark.parametrize("prompts", [PROMPTS, []], ids=["prompts", "none"])
def test_whichever_call_of_the_model_fails_nothing_happened(monkeypatch, prompts):
    model = FaultyModel(monkeypatch)
    start = begun(model)
    tracker, model.calls = tracker_from(model, start), 0
    tracker.step(scene(10), 5 * STEP, prompts)
    calls = model.calls
    assert calls > 5
    assert {report.code for report in tracker.reports} <= {"accepted", "done"}
    expected = step_and_after(tracker_from(model, start), prompts)
    before = seen_of(tracker_from(model, start))
    for failing in range(1, calls + 1):
        tracker = tracker_from(model, start)
        model.calls, model.fails_at = 0, failing
        with pytest.raises(RuntimeError, match="out of memory"):
            tracker.step(scene(10), 5 * STEP, prompts)
        model.fails_at = 0
        assert tracker.state is start, failing
        assert seen_of(tracker) == before, failing
        assert step_and_after(tracker, []) == expected, failing


def test_the_same_frame_may_fail_and_come_again(monkeypatch):
    model = FaultyModel(monkeypatch)
    tracker = Tracker(model)
    tracker.step(SCENE, 0, [CLICK_RED])
    model.calls, model.fails_at = 0, 2
    with pytest.raises(RuntimeError, match="out of memory"):
        tracker.step(SCENE, 0, [CLICK_BLUE])
    assert [item.id for item in tracker.instances] == [1]
    assert [item.id for item in tracker.step(SCENE, 0)] == [1, 2]
    assert [report.prompt_id for report in tracker.reports] == ["blue"]


def test_prompts_of_a_failed_step_can_be_discarded(monkeypatch):
    model = FaultyModel(monkeypatch)
    tracker = Tracker(model)
    model.fails_at = 1
    with pytest.raises(RuntimeError, match="out of memory"):
        tracker.step(SCENE, 0, [CLICK_RED])
    tracker.discard_waiting()
    assert tracker.step(SCENE, 0) == []
    assert tracker.reports == []


def test_a_second_memory_that_fails_leaves_the_first_instance_where_it_was(tracker, monkeypatch):
    tracker.step(SCENE, 0, [CLICK_RED, CLICK_BLUE])
    moved = draw_scene([("red", shifted(RED, 4)), ("blue", shifted(BLUE, 4))])
    working, remembered = FloodPicture.remember, []

    def failing(picture, mask, places=True):
        remembered.append(mask)
        if len(remembered) == 2:
            raise RuntimeError("out of memory")
        return working(picture, mask, places)

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="out of memory"):
        patched.setattr(FloodPicture, "remember", failing)
        tracker.step(moved, 3 * STEP)
    assert [item.box for item in tracker.instances] == [RED, BLUE]
    assert [item.last_seen for item in tracker.instances] == [0, 0]
    tracker.step(moved, 3 * STEP)
    assert [item.box for item in tracker.instances] == [shifted(RED, 4), shifted(BLUE, 4)]
