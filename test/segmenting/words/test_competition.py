"""What else a match can be: a map and a detector written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros.model.helpers.detector import Detections
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.competition import Competition
from seem_ros.segmenting.words.finder import Word
from support.hand_made import match_of, picture_of, word_of

SIZE = (64, 96)
LEFT, RIGHT = (0, 0, 32, 64), (64, 0, 96, 64)
CUP, BOX, HAT = torch.eye(3)  # the detector's classes are cups and boxes


class _Detector:
    config = SimpleNamespace(classes=2)
    known_names = torch.eye(3)[:2], torch.tensor([0, 1])

    def __init__(self, *things: tuple[int, float, tuple[int, ...]]) -> None:
        self._things = things

    def class_of(self, meaning: Tensor) -> int | None:
        return int(meaning.argmax()) if int(meaning.argmax()) < 2 else None

    def is_own_name(self, meaning: Tensor) -> bool:
        return bool(meaning.max() == 1)

    def __call__(self, rgb: Tensor) -> Detections:
        classes, scores, boxes = zip(*self._things, strict=True) if self._things else ((),) * 3
        boxes = torch.tensor(boxes, dtype=torch.float).reshape(-1, 4)
        return Detections(boxes, torch.tensor(scores), torch.tensor(classes, dtype=torch.long))


class _Map:
    """Says of masks what it is told: how much they are anything, and the word's lead."""

    def __init__(self, *leads: float, over_background: float = 1.0) -> None:
        self._leads, self._over_background = leads, over_background

    def under(
        self, picture: Picture, word: Word, masks: Sequence[Mask]
    ) -> list[tuple[float, float]]:
        leads = (self._leads[int(mask.enlarged[:, 64:].any())] for mask in masks)
        return [(self._over_background, lead) for lead in leads]


def _matches(picture: Picture, right: float = 0.6) -> list[Match]:
    """One match on the left of score 0.9, and one on the right."""
    found = []
    for (x0, y0, x1, y1), score in ((LEFT, 0.9), (RIGHT, right)):
        logits = torch.full((SIZE[0], SIZE[1]), -5.0)
        logits[y0:y1, x0:x1] = 5
        found.append(match_of(picture, logits).scored(score))
    return found


def _survivors(
    meaning: Tensor,
    on_map: _Map,
    *things: tuple[int, float, tuple[int, ...]],
    right: float = 0.6,
    recogniser: object = None,
) -> dict[int, float]:
    """What is left of both matches: 0 for the left one, 1 for the right one, and their scores."""
    picture = picture_of(np.zeros((*SIZE, 3), np.uint8))
    matches = _matches(picture, right)
    competition = Competition(on_map, _Detector(*things), recogniser)
    left = competition.survivors(picture, word_of(meaning), matches)
    masks = [match.mask for match in matches]
    return {masks.index(match.mask): match.score for match in left}


def _kept(*args, **more) -> list[int]:
    return sorted(_survivors(*args, **more))


def test_of_a_known_word_what_is_likelier_wrong_goes() -> None:
    equal = _Map(0.0, 0.0)
    assert _kept(CUP, equal, (0, 0.5, LEFT), (0, 0.04, RIGHT)) == [0]
    assert _kept(CUP, equal, (0, 0.5, LEFT), (0, 0.3, RIGHT)) == [0, 1]
    assert _kept(CUP, equal, (0, 0.5, LEFT), (0, 0.25, RIGHT), (1, 1.0, RIGHT)) == [0]


def test_a_match_of_a_known_word_is_as_sure_as_it_is_likely() -> None:
    seen = _survivors(CUP, _Map(0.0, 0.0), (0, 0.9, LEFT), (0, 0.3, RIGHT))
    assert 0.5 < seen[1] < seen[0] < 1


def test_another_class_wins_where_the_map_sees_no_such_thing() -> None:
    nothing = _Map(0.0, 0.0, over_background=-2.5)
    assert _kept(CUP, _Map(0.0, 0.0), (0, 0.16, LEFT), (1, 0.5, LEFT)) == [0]
    assert _kept(CUP, nothing, (0, 0.16, LEFT), (1, 0.5, LEFT)) == []
    assert _kept(CUP, nothing, (0, 0.45, LEFT), (1, 0.5, LEFT)) == [0]


def test_where_the_detector_sees_nothing_the_map_must_be_clear() -> None:
    assert _kept(CUP, _Map(1.5, 1.7), (0, 0.01, LEFT)) == [1]


class _Recogniser:
    """Is sure of one of two classes, boxes and hats, whatever it is shown."""

    class_meanings = torch.eye(3)[1:]

    def __init__(self, row: int, sure: float) -> None:
        self._shown = torch.tensor([sure if i == row else 1 - sure for i in range(2)])

    def whole(self, rgb: Tensor) -> Tensor:
        return self._shown


@pytest.mark.parametrize(("sure", "kept"), [(0.9, []), (0.7, [0, 1])])
def test_what_the_classifier_is_sure_is_something_else_goes(sure: float, kept: list[int]) -> None:
    seen = ((1, 0.5, LEFT), (1, 0.5, RIGHT))
    assert _kept(BOX, _Map(0.0, 0.0), *seen, recogniser=_Recogniser(1, sure)) == kept
    assert _kept(BOX, _Map(0.0, 0.0), *seen, recogniser=_Recogniser(0, sure)) == [0, 1]


def test_people_are_not_taken_for_what_they_wear() -> None:
    seen = ((0, 0.5, LEFT), (0, 0.5, RIGHT))  # class 0 is people
    assert _kept(CUP, _Map(0.0, 0.0), *seen, recogniser=_Recogniser(1, 0.9)) == [0, 1]


def test_of_an_unknown_word_a_sure_detection_wins_unless_the_map_is_clear() -> None:
    assert _kept(HAT, _Map(0.0, 0.0), (1, 0.6, RIGHT)) == [0]
    assert _kept(HAT, _Map(0.0, 1.0), (1, 0.6, RIGHT)) == [0, 1]
    assert _kept(HAT, _Map(0.0, 0.0), (1, 0.2, RIGHT)) == [0, 1]


def test_a_class_that_means_nearly_the_word_is_no_rival() -> None:
    near = torch.nn.functional.normalize(BOX + 2 * HAT, dim=0)  # cosine 0.45 with a box
    assert _kept(near, _Map(0.0, 0.0), (1, 0.6, RIGHT)) == [0, 1]


def test_what_trails_the_surest_by_much_is_no_match() -> None:
    seen = ((0, 0.5, LEFT), (0, 0.5, RIGHT))
    assert _kept(CUP, _Map(0.5, -2.5), *seen) == [0, 1]
    assert _kept(CUP, _Map(0.5, -3.5), *seen) == [0]


def test_kinds_of_things_are_told_apart_by_the_map() -> None:
    mug = torch.nn.functional.normalize(CUP + 0.1 * HAT, dim=0)
    seen = ((0, 0.5, LEFT), (0, 0.5, RIGHT))
    assert _kept(CUP, _Map(0.5, -1.5), *seen) == [0, 1]
    assert _kept(mug, _Map(0.5, -1.5), *seen) == [0]


def test_of_matches_that_are_as_sure_the_map_says_which_one_is_meant() -> None:
    assert _kept(CUP, _Map(-4.0, 1.0), (0, 0.9, LEFT), (0, 0.2, RIGHT)) == [0, 1]
    assert _kept(CUP, _Map(-4.0, 1.0), (0, 0.5, LEFT), (0, 0.5, RIGHT)) == [1]


def test_where_the_map_sees_nothing_at_all_an_unknown_word_has_no_match() -> None:
    assert _kept(HAT, _Map(0.0, 0.0, over_background=-7.0)) == []


@pytest.mark.parametrize(("lead", "count"), [(1.5, 0), (1.7, 2)])
def test_the_map_alone_must_be_clear(lead: float, count: int) -> None:
    picture = picture_of(np.zeros((*SIZE, 3), np.uint8))
    competition = Competition(_Map(lead, lead), _Detector())
    assert len(competition.clear(picture, word_of(CUP), _matches(picture))) == count
