"""Refining a segmenter's answers: only near their borders, in batches as alone, back in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seem_ros import Prompt, Segmenter
from seem_ros.instances import iou
from seem_ros.segmenting.cut_outs import Frame
from seem_ros.segmenting.refining import put_in
from seem_ros.segmenting.requests import Detail


class Everything(nn.Module):
    """A refiner that takes all it may change into the mask."""

    size = 64

    def forward(self, planes: Tensor, fine: Tensor, middle: Tensor) -> Tensor:
        """(N, 7, S, S) -> (N, S, S)."""
        assert fine.shape[-1] * 4 == middle.shape[-1] * 8 == planes.shape[-1]
        return torch.full_like(planes[:, 0], 5.0)


@contextmanager
def refined_by(segmenter: Segmenter, refiner: nn.Module | None) -> Iterator[None]:
    """Let a segmenter use another refiner, or none."""
    shipped = segmenter.model.refiner
    segmenter.model.refiner = refiner
    try:
        yield
    finally:
        segmenter.model.refiner = shipped


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
    with refined_by(segmenter, None):
        before = segmenter.predict(prompt).mask
    with refined_by(segmenter, Everything()):
        after = segmenter.predict(prompt).mask
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
    with refined_by(segmenter, None):
        coarse = segmenter.predict_batch(prompts)
    segmenter.set_image(picture()[0])
    for before, after, same in zip(coarse, refined, alone, strict=True):
        assert iou(after.mask, letter) > iou(before.mask, letter) + 0.01
        assert iou(after.mask, same.mask) > 0.99


def test_details_replace_their_part_of_a_mask() -> None:
    mask = torch.ones(60, 80, dtype=torch.bool)
    logits = torch.full((8, 8), -1.0)
    logits[:, 4:] = 1.0
    put_in(mask, Detail(Frame(10, 20, 26, 36), logits))
    assert not mask[20:36, 10:17].any()
    assert mask[20:36, 19:].all()
    assert mask[:20].all()
    assert mask[:, :10].all()


def test_an_empty_detail_is_not_believed() -> None:
    mask = torch.ones(60, 80, dtype=torch.bool)
    put_in(mask, Detail(Frame(10, 20, 26, 36), torch.full((8, 8), -1.0)))
    put_in(mask, None)
    assert mask.all()


def test_frames_at_the_border_of_a_picture_keep_inside(segmenter: Segmenter) -> None:
    rgb = np.full((120, 160, 3), 90, np.uint8)
    rgb[80:, 120:] = (200, 60, 40)
    segmenter.set_image(rgb)
    answer = segmenter.predict(Prompt(points=((145, 105, 1),)))
    segmenter.set_image(picture()[0])
    truth = (rgb == (200, 60, 40)).all(-1)
    assert answer.mask.shape == truth.shape
    assert iou(answer.mask, truth) > 0.9
