"""Names that the detector gives: a detector written by hand, a vocabulary of three."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros.model.features import ImageFeatures
from seem_ros.model.helpers.detector import Detections
from seem_ros.model.preprocess import Geometry
from seem_ros.prompts import Prompt
from seem_ros.segmenting import sightings
from seem_ros.segmenting.requests import EncodedImage, Match, Request
from seem_ros.segmenting.sightings import Sightings, box_ious, names_of

SIZE = (128, 192)
NAMES = ("cup", "mug", "hat")  # the first two mean class 0, the third none
PLACE = (40.0, 20.0, 80.0, 60.0)


class _Detector:
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


class _Namer:
    names = NAMES

    def __call__(self, embeddings, gains):
        return [
            (NAMES[int((e if g is None else e + g).argmax())], 1.0)
            for e, g in zip(embeddings, gains, strict=True)
        ]


@pytest.fixture(autouse=True)
def _meanings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "meanings", lambda model, names: torch.eye(len(names)))


def _image() -> EncodedImage:
    grid = torch.zeros(1, 4, SIZE[0] // 4, SIZE[1] // 4)
    rgb = np.zeros((*SIZE, 3), np.uint8)
    return EncodedImage(ImageFeatures(grid, [], SIZE), Geometry(SIZE, SIZE, SIZE), rgb)


def _sightings(detector: _Detector) -> Sightings:
    config = SimpleNamespace(detector=SimpleNamespace(classes=2))
    return Sightings(SimpleNamespace(detector=detector, config=config), _Namer())


def _match() -> Match:
    """A mask that fills PLACE; the map calls it a hat."""
    logits = torch.full((SIZE[0] // 4, SIZE[1] // 4), -5.0)
    x0, y0, x1, y1 = (int(side) // 4 for side in PLACE)
    logits[y0:y1, x0:x1] = 5
    return Match(logits, 1.0, torch.tensor([0.0, 0.5, 1.0]))


def test_names_of_what_is_seen_in_its_place_gain() -> None:
    gains = _sightings(_Detector((0, 0.5, PLACE), (1, 0.9, PLACE))).gains(_image(), _match())
    assert gains[0] == gains[1] > 1
    assert gains[2] == 0


def test_nothing_gains_where_nothing_is_seen() -> None:
    assert not _sightings(_Detector()).gains(_image(), _match()).any()


def test_the_surer_gains_more_and_another_place_nothing() -> None:
    def gain(score: float, box: tuple[float, ...]) -> float:
        return float(_sightings(_Detector((0, score, box))).gains(_image(), _match())[0])

    assert gain(0.9, PLACE) > gain(0.3, PLACE) > 0
    assert 0 < gain(0.9, (40.0, 20.0, 80.0, 85.0)) < gain(0.9, PLACE)
    assert gain(0.9, (100.0, 20.0, 140.0, 60.0)) == 0


def test_only_what_is_pointed_at_is_looked_at() -> None:
    detector = _Detector((0, 0.9, PLACE))
    click = Request(Prompt(points=((60.0, 40.0, 1),)))
    memory = Request(Prompt(), torch.zeros(32, 48))
    call = (_Namer(), _sightings(detector), _image())
    assert names_of(*call, [memory], [[_match()]]) == [("hat", 1.0)]
    assert detector.asked == 0
    assert names_of(*call, [memory, click], [[], [_match()]]) == [("mug", 1.0)]
    assert detector.asked == 1


def test_overlap_of_boxes() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [3, 3, 3, 3]])
    ious = box_ious(torch.tensor([0.0, 0, 10, 10]), boxes)
    torch.testing.assert_close(ious, torch.tensor([1.0, 1 / 3, 0.0, 0.0]))
