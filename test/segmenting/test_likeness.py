"""Objects are told apart, and found again, by what the model sees under them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.model.features import ImageFeatures, SpatialTokens
from seem_ros.segmentation import Segmentation
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.likeness import likeness, looks_under
from seem_ros.segmenting.memory import Remembered
from support.tiny_seem import tiny_seem


def tokens(vector: list[float]) -> SpatialTokens:
    mean = torch.tensor(vector)[None, None].expand(1, 2, -1)
    return SpatialTokens([], torch.zeros(1, 1, 1), [], [], dense=[mean, mean])


@pytest.fixture
def features() -> ImageFeatures:
    """Left half of the picture one kind of thing, right half another."""
    fine = torch.zeros(1, 2, 6, 8)
    fine[0, 0, :, :4], fine[0, 1, :, 4:] = 2.0, 3.0
    return ImageFeatures(torch.zeros(1, 1, 12, 16), [], (48, 64), dense=[fine, fine])


def test_looks_are_those_under_the_mask(features) -> None:
    logits = torch.full((2, 12, 16), -1.0)
    logits[0, 2:6, 2:6], logits[1, 2:6, 10:14] = 1.0, 1.0
    left, right = looks_under(features, logits)
    known = [Remembered(tokens([5.0, 0.0])), Remembered(tokens([1.0, 1.0]))]
    assert likeness(left, known) == pytest.approx(1.0)
    assert likeness(right, known) == pytest.approx(2**-0.5, abs=1e-4)
    assert likeness(right, known[:1]) == pytest.approx(0.0, abs=1e-6)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    segmenter = Segmenter(tiny_seem())
    segmenter.set_image(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8))
    return segmenter


def test_nothing_to_compare_is_no_objection(segmenter) -> None:
    mask = np.ones((60, 90), bool)
    references = [segmenter.remember(mask)]
    assert segmenter.likeness(Segmentation.from_mask(mask), references) == 1.0
    assert segmenter.likeness(Segmentation(True, mask, looks=torch.ones(8)), []) == 1.0
