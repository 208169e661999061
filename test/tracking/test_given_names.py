"""Class names of instances: the one of the prompt stays where it was sure."""

from __future__ import annotations

import dataclasses

import pytest

from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodPicture, draw_scene

STEP = 100_000_000
SCENE = draw_scene([("red", (10, 10, 50, 40))])
CLICK = Prompt(points=[(20, 20, 1)])


@pytest.fixture
def renaming(monkeypatch):
    """Have what is pointed at called a ball, and what memory looks for an apple."""
    working = FloodPicture.answer

    def rename(sure: float) -> None:
        def renamed(picture, questions):
            names = [("apple", 0.8) if q.memories else ("ball", sure) for q in questions]
            return [
                dataclasses.replace(answer, class_name=name, class_score=score)
                for answer, (name, score) in zip(working(picture, questions), names, strict=True)
            ]

        monkeypatch.setattr(FloodPicture, "answer", renamed)

    return rename


def _names(tracker: Tracker, frames: int) -> list[tuple[str, float]]:
    steps = [tracker.step(SCENE, (n + 1) * STEP)[0] for n in range(frames)]
    return [(instance.class_name, instance.class_score) for instance in steps]


@pytest.mark.parametrize(("sure", "later"), [(0.9, ("ball", 0.9)), (0.3, ("apple", 0.8))])
def test_a_sure_name_of_the_prompt_stays(tracker, renaming, sure, later) -> None:
    renaming(sure)
    assert tracker.step(SCENE, 0, [CLICK])[0].class_name == "ball"
    assert _names(tracker, 3) == [later] * 3


def test_names_are_given_anew_after_the_vocabulary_changed(tracker, renaming) -> None:
    renaming(0.9)
    tracker.step(SCENE, 0, [CLICK])
    tracker.forget_names()
    assert _names(tracker, 1) == [("apple", 0.8)]
