"""Names that the detector gives: a detector written by hand, a vocabulary of three."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros.model.helpers.detector import Detections
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question
from seem_ros.segmenting.sightings import Sightings, box_ious
from support.hand_made import match_of, picture_of

SIZE = (128, 192)
# Of "cup", "mug" and "hat" the first two mean class 0, the third none.
VOCABULARY = SimpleNamespace(meanings=torch.eye(3))
PLACE = (40.0, 20.0, 80.0, 60.0)


class _Detector:
    config = SimpleNamespace(classes=2)

    def __init__(self, *things: tuple[int, float, tuple[float, ...]]) -> None:
        self._things = things
        self.asked = 0

    def class_of(self, meaning: Tensor) -> int | None:
        return 0 if int(meaning.argmax()) < 2 else None

    def __call__(self, rgb: Tensor) -> Detections:
        self.asked += 1
        classes, scores, boxes = zip(*self._things, strict=True) if self._things else ((),) * 3
        boxes = torch.tensor(boxes).reshape(-1, 4)
        return Detections(boxes, torch.tensor(scores), torch.tensor(classes, dtype=torch.long))


def _picture() -> Picture:
    return picture_of(np.zeros((*SIZE, 3), np.uint8))


def _gains(detector: _Detector) -> Tensor:
    picture = _picture()
    return Sightings(detector).gains(picture, _match(picture).mask, VOCABULARY)


def _match(picture: Picture) -> Match:
    """A mask that fills PLACE."""
    logits = torch.full((SIZE[0] // 4, SIZE[1] // 4), -5.0)
    x0, y0, x1, y1 = (int(side) // 4 for side in PLACE)
    logits[y0:y1, x0:x1] = 5
    return match_of(picture, logits)


def test_names_of_what_is_seen_in_its_place_gain() -> None:
    gains = _gains(_Detector((0, 0.5, PLACE), (1, 0.4, PLACE)))
    assert gains[0] == gains[1] > 1
    assert gains[2] == 0


def test_names_of_its_other_classes_lose_where_it_is_surer_of_one() -> None:
    gains = _gains(_Detector((0, 0.2, PLACE), (1, 0.9, PLACE)))
    assert gains[0] == gains[1] < -1
    assert gains[2] == 0, "it cannot tell what it does not know"


def test_nothing_gains_where_nothing_is_seen() -> None:
    assert not _gains(_Detector()).any()


def test_the_surer_gains_more_and_another_place_nothing() -> None:
    def gain(score: float, box: tuple[float, ...]) -> float:
        return float(_gains(_Detector((0, score, box)))[0])

    assert gain(0.9, PLACE) > gain(0.3, PLACE) > 0
    assert 0 < gain(0.9, (40.0, 20.0, 80.0, 85.0)) < gain(0.9, PLACE)
    assert gain(0.9, (100.0, 20.0, 140.0, 60.0)) == 0


def test_only_what_is_pointed_at_is_looked_at() -> None:
    detector = _Detector((0, 0.9, PLACE))
    sightings, names = Sightings(detector), ("cup", "mug", "hat")
    picture = picture_of(
        np.zeros((*SIZE, 3), np.uint8),
        lambda picture, evidence: [_match(picture) for _ in evidence],
        device=torch.device("cpu"),
        refined=lambda picture, evidence, answers: answers,
        name_logits=lambda embeddings: torch.tensor([[0.0, 0.5, 1.0]]).repeat(len(embeddings), 1),
        name_gains=lambda picture, match: sightings.gains(picture, match.mask, VOCABULARY),
        recognised=lambda picture, match: None,
        vocabulary=SimpleNamespace(
            best=lambda rows, least: [(names[int(row.argmax())], 1) for row in rows]
        ),
        least_name=0.0,
    )
    click = Question(Prompt(points=((60.0, 40.0, 1),)))
    memory = Question(Prompt(), Segmentation.from_mask(np.ones(SIZE, bool)))
    assert [answer.class_name for answer in picture.answer([memory])] == ["hat"]
    assert detector.asked == 0
    assert [answer.class_name for answer in picture.answer([memory, click])] == ["hat", "mug"]
    assert detector.asked == 1


def test_overlap_of_boxes() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [3, 3, 3, 3]])
    ious = box_ious(torch.tensor([0.0, 0, 10, 10]), boxes)
    torch.testing.assert_close(ious, torch.tensor([1.0, 1 / 3, 0.0, 0.0]))


BIRD, CAT, GIRAFFE = 14, 15, 23


class _Animals:
    """A detector of COCO's classes that sees one thing in its place; names are unit vectors."""

    config = SimpleNamespace(classes=80)
    known_names = torch.eye(80), torch.arange(80)

    def __init__(self, sees: int) -> None:
        self._sees = sees

    def class_of(self, meaning: Tensor) -> int:
        return int(meaning.argmax())

    def __call__(self, rgb: Tensor) -> Detections:
        return Detections(torch.tensor([PLACE]), torch.tensor([0.9]), torch.tensor([self._sees]))


class _Recogniser:
    """Knows birds and cats, in this order, but no giraffe; says what it is told."""

    def __init__(self, *sure: float) -> None:
        self._sure = torch.tensor(sure)

    def classes_of(self, meaning: Tensor) -> Tensor:
        return torch.tensor([int(meaning.argmax()) == row for row in (BIRD, CAT)])

    def whole(self, rgb: Tensor) -> Tensor:
        return self._sure


@pytest.mark.parametrize(
    ("sees", "sure", "believed"),
    [
        (BIRD, (0.11, 0.0), True),
        (BIRD, (0.09, 0.9), False),
        (CAT, (0.9, 0.0), False),
        (GIRAFFE, (0.0, 0.0), True),  # which the classifier does not know
        (0, (0.0, 0.0), True),  # a person
    ],
)
def test_animals_that_the_classifier_does_not_see_are_not_believed(
    sees: int, sure: tuple[float, float], believed: bool
) -> None:
    vocabulary = SimpleNamespace(meanings=torch.eye(80))
    picture = _picture()
    sightings = Sightings(_Animals(sees), _Recogniser(*sure))
    gains = sightings.gains(picture, _match(picture).mask, vocabulary)
    assert bool(gains[sees] > 0) == believed
