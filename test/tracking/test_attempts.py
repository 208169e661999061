"""Lost instances are looked for in several places, and memory stops followed ones drifting."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import LOST, TRACKED, Segmentation
from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker, TrackerConfig
from seem_ros.tracking.attempts import Attempt, best_places
from support.flood_segmenter import FloodSegmenter, draw_scene

STEP = 100_000_000
RED, LARGER = (20, 20, 50, 50), (90, 50, 140, 110)
CLICK_RED = Prompt(points=[(30, 30, 1)])
GONE = draw_scene([("blue", (60, 5, 80, 25))])


def lost_tracker(config: TrackerConfig) -> Tracker:
    """Return a tracker that lost a red thing."""
    tracker = Tracker(FloodSegmenter(), config)
    tracker.step(draw_scene([("red", RED)]), 0, [CLICK_RED])
    for frame in range(1, 6):
        (instance,) = tracker.step(GONE, frame * STEP)
    assert instance.state == LOST
    return tracker


@pytest.mark.parametrize(("places", "state"), [(1, LOST), (2, TRACKED)])
def test_a_second_place_is_tried_where_the_first_is_something_else(monkeypatch, places, state):
    tracker = lost_tracker(TrackerConfig(search_places=places))
    both = draw_scene([("red", RED), ("red", LARGER)])
    first = []

    def likeness(result: Segmentation, references) -> float:
        """Refuse whatever is answered first."""
        first.append(result.mask)
        return 0.0 if np.array_equal(result.mask, first[0]) else 1.0

    monkeypatch.setattr(tracker._model, "likeness", likeness)
    (instance,) = tracker.step(both, 6 * STEP)
    assert instance.state == state
    if state == TRACKED:
        assert not (instance.mask & first[0]).any()


def test_what_is_no_more_like_the_instance_than_like_its_surroundings_does_not_bring_it_back():
    tracker = lost_tracker(TrackerConfig())
    again = draw_scene([("red", LARGER)])
    working = tracker._model.resemblance
    tracker._model.resemblance = lambda *about: np.minimum(working(*about), -0.05)
    assert tracker.step(again, 6 * STEP)[0].state == LOST
    tracker._model.resemblance = working
    assert tracker.step(again, 7 * STEP)[0].box == LARGER


def test_memory_takes_a_mask_back_from_what_it_spread_to():
    scene = draw_scene([("red", RED), ("red", (50, 20, 80, 50))])  # one region of the flood
    tracker = Tracker(FloodSegmenter(), TrackerConfig(recall=0.7))
    tracker.step(scene, 0, [CLICK_RED])
    asked = []
    working = tracker._model.predict_batch

    def noting(prompts, previous, references, glances):
        asked.extend(previous)
        return working(prompts, previous, references, glances)

    def only_left(references, where=None, rivals=()):
        alike = np.full((12, 16), -0.3, np.float32)
        alike[2:5, 2:5] = 0.3
        return alike

    tracker._model.predict_batch, tracker._model.resemblance = noting, only_left
    tracker.step(scene, STEP)
    assert asked[0].mask[35, 30]
    assert not asked[0].mask[35, 70]


def test_a_model_that_cannot_tell_is_asked_by_memory_alone():
    tracker = lost_tracker(TrackerConfig())
    tracker._model.resemblance = lambda *about: None
    assert tracker.step(draw_scene([("red", LARGER)]), 6 * STEP)[0].box == LARGER


def test_the_best_answered_place_counts_for_each_instance():
    tracker = lost_tracker(TrackerConfig())
    (track,) = tracker._tracks.tracks.values()
    tries = [Attempt(track, Prompt(), rank=rank) for rank in (0.2, 0.7, 0.4)]
    assert best_places(tries) == [tries[1]]
