"""Class names of instances: the one of the prompt stays where it was sure."""

from __future__ import annotations

import pytest

from seem_ros.instances import Segmentation
from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodSegmenter, draw_scene

STEP = 100_000_000
SCENE = draw_scene([("red", (10, 10, 50, 40))])
CLICK = Prompt(points=[(20, 20, 1)])


class _Renaming(FloodSegmenter):
    """Calls what is pointed at a ball, and what memory looks for an apple."""

    def __init__(self, sure: float) -> None:
        super().__init__()
        self.sure = sure

    def predict(self, prompt: Prompt, previous: Segmentation | None = None) -> Segmentation:
        return _named(super().predict(prompt, previous), "ball", self.sure)

    def predict_batch(self, prompts, previous=None, references=None, glances=None):
        answers = super().predict_batch(prompts, previous, references, glances)
        return [_named(answer, "apple", 0.8) for answer in answers]


def _named(answer: Segmentation, name: str, score: float) -> Segmentation:
    answer.class_name, answer.class_score = name, score
    return answer


def _names(tracker: Tracker, frames: int) -> list[tuple[str, float]]:
    steps = [tracker.step(SCENE, (n + 1) * STEP)[0] for n in range(frames)]
    return [(instance.class_name, instance.class_score) for instance in steps]


@pytest.mark.parametrize(("sure", "later"), [(0.9, ("ball", 0.9)), (0.3, ("apple", 0.8))])
def test_a_sure_name_of_the_prompt_stays(sure: float, later: tuple[str, float]) -> None:
    tracker = Tracker(_Renaming(sure))
    assert tracker.step(SCENE, 0, [CLICK])[0].class_name == "ball"
    assert _names(tracker, 3) == [later] * 3


def test_names_are_given_anew_after_the_vocabulary_changed() -> None:
    tracker = Tracker(_Renaming(0.9))
    tracker.step(SCENE, 0, [CLICK])
    tracker.forget_names()
    assert _names(tracker, 1) == [("apple", 0.8)]
