"""Words found by an ImageNet classifier: a classifier that looks at colours, written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.recogniser_finder import RecogniserFinder
from support.hand_made import Pointed, match_of, picture_of, word_of

RED, GREEN = (word_of(meaning) for meaning in torch.eye(1000)[:2])  # class 0 and class 1
SIZE = (128, 192)


class _Colours:
    """Class 0 is red, class 1 green, class 2 the rest; a cell is 32 pixels."""

    def __init__(self) -> None:
        self.looked_everywhere = 0

    def classes_of(self, meaning: Tensor) -> Tensor:
        return meaning > 0.5

    def everywhere(self, rgb: Tensor) -> Tensor:
        self.looked_everywhere += 1
        height, width = (side // 32 for side in rgb.shape[:2])
        cells = rgb.reshape(height, 32, width, 32, 3)
        return self._classes(cells.float().mean((1, 3)))

    def whole(self, rgb: Tensor) -> Tensor:
        return self._classes(rgb.float().mean((0, 1)))

    @staticmethod
    def _classes(mean: Tensor) -> Tensor:
        probabilities = torch.zeros(*mean.shape[:-1], 1000)
        probabilities[..., :2] = mean[..., :2] / 255
        probabilities[..., 2] = 1 - probabilities[..., :2].sum(-1)
        return probabilities


def _one_colour(picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
    """Outline the square of the colour under the last click, whatever its class is."""
    matches = []
    for each in evidence:
        x, y, _ = each.prompt.points[0]
        colour = picture.rgb[min(int(y), SIZE[0] - 1), min(int(x), SIZE[1] - 1)]
        same = (picture.rgb == colour).all(-1) & (np.abs(np.arange(SIZE[1]) - x) < 40)
        logits = torch.from_numpy(np.where(same, 5.0, -5.0)[::4, ::4].copy())
        matches.append(match_of(picture, logits))
    return matches


def _picture(pointed: Pointed = _one_colour, **squares: tuple[slice, slice]) -> Picture:
    rgb = np.zeros((*SIZE, 3), np.uint8)
    for name, place in squares.items():
        rgb[place] = {"red": (255, 0, 0), "green": (0, 255, 0)}[name.split("_")[0]]
    return picture_of(rgb, pointed)


@pytest.fixture()
def colours() -> _Colours:
    return _Colours()


def test_a_thing_is_found_and_outlined_once(colours: _Colours) -> None:
    picture = _picture(red=(slice(32, 64), slice(32, 64)), green=(slice(32, 64), slice(128, 160)))
    (match,) = RecogniserFinder(colours).find(picture, RED)
    rows, columns = np.nonzero((match.mask.cells).numpy())
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 15, 8, 15)
    assert 0.5 < match.score <= 1


def test_all_things_of_a_class_are_found(colours: _Colours) -> None:
    places = {"red_1": (slice(32, 64), slice(0, 32)), "red_2": (slice(64, 96), slice(128, 160))}
    matches = RecogniserFinder(colours).find(_picture(**places), RED)
    assert len(matches) == 2
    assert matches[0].mask.overlap(matches[1].mask) == 0


def test_nothing_is_found_without_a_class_or_a_thing(colours: _Colours) -> None:
    picture = _picture(green=(slice(32, 64), slice(128, 160)))
    finder = RecogniserFinder(colours)
    assert finder.find(picture, RED) == []
    assert colours.looked_everywhere == 1
    assert finder.knows(RED)
    assert not finder.knows(word_of(torch.zeros(1000)))


def test_the_cut_out_decides(colours: _Colours) -> None:
    """The click goes astray and outlines the green square, which is not what was asked for."""

    def astray(picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
        logits = torch.full((32, 48), -5.0)
        logits[8:16, 33:39] = 5
        return [match_of(picture, logits) for _ in evidence]

    squares = {"red": (slice(32, 64), slice(32, 64)), "green": (slice(32, 64), slice(128, 160))}
    assert RecogniserFinder(colours).find(_picture(astray, **squares), RED) == []
    assert len(RecogniserFinder(colours).find(_picture(**squares), RED)) == 1


def test_a_picture_is_read_once_for_all_words(colours: _Colours) -> None:
    picture = _picture(red=(slice(32, 64), slice(32, 64)), green=(slice(32, 64), slice(128, 160)))
    finder = RecogniserFinder(colours)
    assert len(finder.find(picture, RED)) == len(finder.find(picture, GREEN)) == 1
    assert colours.looked_everywhere == 1
