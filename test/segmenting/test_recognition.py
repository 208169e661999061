"""Words found by an ImageNet classifier: a classifier that looks at colours, written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros.model.features import ImageFeatures
from seem_ros.model.preprocess import Geometry
from seem_ros.segmenting.recognition import Recognition
from seem_ros.segmenting.requests import EncodedImage, Match, Request, overlap

RED, GREEN = torch.eye(1000)[0], torch.eye(1000)[1]  # texts that mean class 0 and class 1
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


def _image(**squares: tuple[slice, slice]) -> EncodedImage:
    rgb = np.zeros((*SIZE, 3), np.uint8)
    for name, place in squares.items():
        rgb[place] = {"red": (255, 0, 0), "green": (0, 255, 0)}[name.split("_")[0]]
    grid = torch.zeros(1, 4, SIZE[0] // 4, SIZE[1] // 4)
    return EncodedImage(ImageFeatures(grid, [], SIZE), Geometry(SIZE, SIZE, SIZE), rgb)


def _one_colour(image: EncodedImage, requests: Sequence[Request]) -> list[Match]:
    """Outline the square of the colour under the last click, whatever its class is."""
    matches = []
    for request in requests:
        x, y, _ = request.prompt.points[0]
        colour = image.rgb[min(int(y), SIZE[0] - 1), min(int(x), SIZE[1] - 1)]
        same = (image.rgb == colour).all(-1) & (np.abs(np.arange(SIZE[1]) - x) < 40)
        logits = torch.from_numpy(np.where(same, 5.0, -5.0)[::4, ::4].copy())
        matches.append(Match(logits, 1.0, torch.zeros(8)))
    return matches


@pytest.fixture()
def colours() -> _Colours:
    return _Colours()


def test_a_thing_is_found_and_outlined_once(colours: _Colours) -> None:
    image = _image(red=(slice(32, 64), slice(32, 64)), green=(slice(32, 64), slice(128, 160)))
    (match,) = Recognition(colours, _one_colour).find(image, RED)
    rows, columns = np.nonzero((match.logits > 0).numpy())
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 15, 8, 15)
    assert 0.5 < match.score <= 1


def test_all_things_of_a_class_are_found(colours: _Colours) -> None:
    places = {"red_1": (slice(32, 64), slice(0, 32)), "red_2": (slice(64, 96), slice(128, 160))}
    matches = Recognition(colours, _one_colour).find(_image(**places), RED)
    assert len(matches) == 2
    assert overlap(*matches) == 0


def test_nothing_is_found_without_a_class_or_a_thing(colours: _Colours) -> None:
    image = _image(green=(slice(32, 64), slice(128, 160)))
    recognition = Recognition(colours, _one_colour)
    assert recognition.find(image, RED) == []
    assert colours.looked_everywhere == 1
    assert recognition.find(image, torch.zeros(1000)) == [], "a text that means no class"


def test_the_cut_out_decides(colours: _Colours) -> None:
    """The click goes astray and outlines the green square, which is not what was asked for."""
    image = _image(red=(slice(32, 64), slice(32, 64)), green=(slice(32, 64), slice(128, 160)))

    def astray(image: EncodedImage, requests: Sequence[Request]) -> list[Match]:
        logits = torch.full((32, 48), -5.0)
        logits[8:16, 33:39] = 5
        return [Match(logits, 1.0, torch.zeros(8)) for _ in requests]

    assert Recognition(colours, astray).find(image, RED) == []


def test_a_picture_is_read_once_for_all_words(colours: _Colours) -> None:
    image = _image(red=(slice(32, 64), slice(32, 64)), green=(slice(32, 64), slice(128, 160)))
    recognition = Recognition(colours, _one_colour)
    assert len(recognition.find(image, RED)) == len(recognition.find(image, GREEN)) == 1
    assert colours.looked_everywhere == 1


def test_overlap_is_the_share_of_the_smaller_mask() -> None:
    large, small = (torch.full((8, 8), -1.0) for _ in range(2))
    large[:4], small[3:5, :4] = 1, 1
    matches = [Match(logits, 1.0, torch.zeros(8)) for logits in (large, small)]
    assert overlap(*matches) == pytest.approx(0.5)
    assert overlap(matches[0], Match(torch.full((8, 8), -1.0), 0.0, torch.zeros(8))) == 0
