"""Refining a segmenter's answers: only near their borders, in batches as alone, back in place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seem_ros import Prompt, Segmenter
from seem_ros.instances import iou
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question


class Everything(nn.Module):
    """A refiner that takes all it may change into the mask."""

    size = 64

    def forward(self, planes: Tensor, fine: Tensor, middle: Tensor) -> Tensor:
        """(N, 7, S, S) -> (N, S, S)."""
        assert fine.shape[-1] * 4 == middle.shape[-1] * 8 == planes.shape[-1]
        return torch.full_like(planes[:, 0], 5.0)


def refined_by(segmenter: Segmenter, refiner: nn.Module | None) -> Picture:
    """The same picture, looked at with another refiner, or none, and without a second eye."""
    helpers = replace(segmenter.helpers, refiner=refiner, second_eye=None)
    other = Segmenter(segmenter.model, helpers=helpers)
    return other.look(segmenter.picture.rgb)


def picture() -> tuple[np.ndarray, np.ndarray]:
    """An orange ball on grey and its mask."""
    rows, columns = np.mgrid[:240, :320]
    ball = np.hypot(rows - 120, columns - 110) < 40
    rgb = np.full((240, 320, 3), (140, 140, 145), np.uint8)
    rgb[ball] = (230, 120, 30)
    return rgb, ball


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    own = Segmenter.from_pretrained("nano", "cpu")
    own.set_image(picture()[0])
    return own


def test_masks_change_near_their_border_only(segmenter: Segmenter) -> None:
    prompt = Prompt(points=((110, 120, 1),))
    (before,), (after,) = (
        [answer.mask for answer in refined_by(segmenter, refiner).answer([Question(prompt)])]
        for refiner in (None, Everything())
    )
    _, columns = np.nonzero(after)
    assert after[before].all()
    assert after.sum() > before.sum() * 1.1
    low, high = before.any(0).nonzero()[0][[0, -1]]
    assert low - 12 <= columns.min() < low
    assert high < columns.max() <= high + 12


def test_the_shipped_refiner_makes_corners_and_gaps_exact(segmenter: Segmenter) -> None:
    letter = np.zeros((240, 320), bool)  # a U with arms of 15 pixels
    letter[80:150, 80:95] = letter[80:150, 125:140] = letter[135:150, 80:140] = True
    rgb = np.full((240, 320, 3), (140, 140, 145), np.uint8)
    rgb[letter] = (230, 120, 30)
    segmenter.set_image(rgb)
    prompts = [Prompt(points=((88, 120, 1),)), Prompt(boxes=((80, 80, 140, 150),))]
    refined = segmenter.predict_batch(prompts)
    alone = [segmenter.predict(prompt) for prompt in prompts]
    coarse = refined_by(segmenter, None).answer([Question(prompt) for prompt in prompts])
    segmenter.set_image(picture()[0])
    for before, after, same in zip(coarse, refined, alone, strict=True):
        assert iou(after.mask, letter) > iou(before.mask, letter) + 0.01
        assert iou(after.mask, same.mask) > 0.99


def test_crops_at_the_border_of_a_picture_keep_inside(segmenter: Segmenter) -> None:
    rgb = np.full((120, 160, 3), 90, np.uint8)
    rgb[80:, 120:] = (200, 60, 40)
    segmenter.set_image(rgb)
    answer = segmenter.predict(Prompt(points=((145, 105, 1),)))
    segmenter.set_image(picture()[0])
    truth = (rgb == (200, 60, 40)).all(-1)
    assert answer.mask.shape == truth.shape
    assert iou(answer.mask, truth) > 0.9
