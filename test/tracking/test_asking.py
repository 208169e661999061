"""Lost instances are looked for in several places, and memory stops followed ones drifting."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import LOST, TRACKED
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.tracker import Tracker
from seem_ros.tracking import asking
from seem_ros.tracking.asking import Attempt
from seem_ros.tracking.judging import Claim, best_places
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene

STEP = 100_000_000
RED, LARGER = (20, 20, 50, 50), (90, 50, 140, 110)
CLICK_RED = Prompt(points=[(30, 30, 1)])
GONE = draw_scene([("blue", (60, 5, 80, 25))])


@pytest.fixture
def model() -> FloodSegmenter:
    return FloodSegmenter()


@pytest.fixture
def lost_tracker(model) -> Tracker:
    """A tracker that lost a red thing."""
    tracker = Tracker(model)
    tracker.step(draw_scene([("red", RED)]), 0, [CLICK_RED])
    for frame in range(1, 6):
        (instance,) = tracker.step(GONE, frame * STEP)
    assert instance.state == LOST
    return tracker


@pytest.mark.parametrize(("places", "state"), [(1, LOST), (2, TRACKED)])
def test_a_second_place_is_tried_where_the_first_is_something_else(
    model, lost_tracker, monkeypatch, places, state
):
    monkeypatch.setattr(asking, "SEARCH_PLACES", places)
    both = draw_scene([("red", RED), ("red", LARGER)])
    first = []

    def likeness(result: Segmentation, memories) -> float:
        """Refuse whatever is answered first."""
        first.append(result.mask)
        return 0.0 if np.array_equal(result.mask, first[0]) else 1.0

    monkeypatch.setattr(model, "likeness", likeness)
    (instance,) = lost_tracker.step(both, 6 * STEP)
    assert instance.state == state
    if state == TRACKED:
        assert not (instance.mask & first[0]).any()


def test_what_is_no_more_like_the_instance_than_like_its_surroundings_does_not_bring_it_back(
    lost_tracker, monkeypatch
):
    again = draw_scene([("red", LARGER)])
    working = FloodPicture.resemblance

    def unlike(*about):
        return np.minimum(working(*about), -0.05)

    with monkeypatch.context() as patched:
        patched.setattr(FloodPicture, "resemblance", unlike)
        assert lost_tracker.step(again, 6 * STEP)[0].state == LOST
    assert lost_tracker.step(again, 7 * STEP)[0].box == LARGER


def test_memory_takes_a_mask_back_from_what_it_spread_to(model, monkeypatch):
    scene = draw_scene([("red", RED), ("red", (50, 20, 80, 50))])  # one region of the flood
    tracker = Tracker(model)
    tracker.step(scene, 0, [CLICK_RED])
    asked = []
    working = FloodPicture.answer

    def noting(picture, questions):
        asked.extend(question.before for question in questions)
        return working(picture, questions)

    def only_left(picture, memories, where=None, rivals=()):
        alike = np.full((12, 16), -0.3, np.float32)
        alike[2:5, 2:5] = 0.3
        return alike

    monkeypatch.setattr(FloodPicture, "answer", noting)
    monkeypatch.setattr(FloodPicture, "resemblance", only_left)
    tracker.step(scene, STEP)
    assert asked[0].mask[35, 30]
    assert not asked[0].mask[35, 70]


def test_a_model_that_cannot_tell_is_asked_by_memory_alone(lost_tracker, monkeypatch):
    monkeypatch.setattr(FloodPicture, "resemblance", lambda *about: None)
    assert lost_tracker.step(draw_scene([("red", LARGER)]), 6 * STEP)[0].box == LARGER


def test_the_best_answered_place_counts_for_each_instance(lost_tracker):
    track = lost_tracker.state.tracks.get(1)
    attempt, answer = Attempt(track, Prompt()), track.result
    tries = [Claim(attempt, answer, 1.0, rank, answer.mask) for rank in (0.2, 0.7, 0.4)]
    assert best_places(tries) == [tries[1]]
