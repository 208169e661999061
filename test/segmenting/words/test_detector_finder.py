"""Words found by a detector: boxes of a detector written by hand, outlined as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros.model.helpers.detector import Detections
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.detector_finder import DetectorFinder
from support.hand_made import match_of, picture_of, word_of

CUP, DOG, HAT = (word_of(meaning) for meaning in torch.eye(3))
SIZE = (128, 192)
Thing = tuple[int, float, tuple[float, float, float, float]]


class _Detector:
    """Knows cups (class 0) and dogs (class 1)."""

    def __init__(self, *things: Thing) -> None:
        self._things, self.looked = sorted(things, key=lambda thing: -thing[1]), 0

    def class_of(self, meaning: Tensor) -> int | None:
        row = int(meaning.argmax())
        return row if row < 2 else None

    def __call__(self, rgb: Tensor) -> Detections:
        self.looked += 1
        classes, scores, boxes = zip(*self._things, strict=True) if self._things else ((),) * 3
        boxes = torch.tensor(boxes).reshape(-1, 4)
        return Detections(boxes, torch.tensor(scores), torch.tensor(classes, dtype=torch.long))


@pytest.fixture()
def picture() -> Picture:
    return picture_of(np.zeros((*SIZE, 3), np.uint8), _filled)


def _filled(picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
    """Masks that fill the boxes asked for."""
    matches = []
    for each in evidence:
        x0, y0, x1, y1 = (int(side) // 4 for side in each.prompt.boxes[0])
        logits = torch.full((SIZE[0] // 4, SIZE[1] // 4), -5.0)
        logits[y0:y1, x0:x1] = 5
        matches.append(match_of(picture, logits))
    return matches


def _centres(matches: Sequence[Match]) -> list[tuple[float, float]]:
    places = [np.nonzero((match.mask.cells).numpy()) for match in matches]
    return [(float(columns.mean()), float(rows.mean())) for rows, columns in places]


LEFT, RIGHT = (0.0, 0.0, 40.0, 40.0), (100.0, 40.0, 180.0, 120.0)


def test_things_of_the_class_are_outlined_surest_first(picture: Picture) -> None:
    detector = _Detector((0, 0.4, LEFT), (0, 0.9, RIGHT), (1, 0.8, (60.0, 0.0, 90.0, 30.0)))
    matches = DetectorFinder(detector).find(picture, CUP)
    assert _centres(matches) == [(34.5, 19.5), (4.5, 4.5)]
    assert matches[0].score > matches[1].score


def test_a_thing_hardly_seen_or_of_another_class_is_not_found(picture: Picture) -> None:
    finder = DetectorFinder(_Detector((0, 0.02, LEFT), (1, 0.9, RIGHT)))
    assert finder.find(picture, CUP) == []


def test_nothing_is_found_where_nothing_is_seen(picture: Picture) -> None:
    assert DetectorFinder(_Detector()).find(picture, CUP) == []


def test_unsure_things_beside_a_sure_one_are_left(picture: Picture) -> None:
    for score, count in ((0.17, 1), (0.19, 2)):
        detector = _Detector((0, 0.9, LEFT), (0, score, RIGHT))
        assert len(DetectorFinder(detector).find(picture, CUP)) == count


def test_a_match_knows_the_box_in_which_it_was_seen(picture: Picture) -> None:
    (match,) = DetectorFinder(_Detector((0, 0.9, LEFT))).find(picture, CUP)
    assert match.box == LEFT


def test_two_boxes_on_one_thing_are_one(picture: Picture) -> None:
    detector = _Detector((0, 0.9, RIGHT), (0, 0.8, (104.0, 40.0, 180.0, 116.0)))
    assert len(DetectorFinder(detector).find(picture, CUP)) == 1


def test_a_word_without_a_class_is_left_to_others(picture: Picture) -> None:
    detector = _Detector((0, 0.9, LEFT))
    finder = DetectorFinder(detector)
    assert finder.knows(CUP)
    assert not finder.knows(HAT)
    assert detector.looked == 0


def test_a_picture_is_looked_at_once(picture: Picture) -> None:
    detector = _Detector((0, 0.9, LEFT), (1, 0.9, RIGHT))
    finder = DetectorFinder(detector)
    assert finder.find(picture, CUP)
    assert finder.find(picture, DOG)
    assert detector.looked == 1
