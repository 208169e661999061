"""Refining a segmenter's answers: only near their borders, in batches as alone, back in place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seem_ros import Prompt, Segmenter
from seem_ros.model.preprocess import Geometry
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


def test_masks_change_near_their_border_only(
    segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = Prompt(points=((110, 120, 1),))
    monkeypatch.setattr(segmenter.model, "refiner", None)
    before = segmenter.predict(prompt).mask
    monkeypatch.setattr(segmenter.model, "refiner", Everything())
    after = segmenter.predict(prompt).mask
    rows, columns = np.nonzero(after)
    assert after[before].all()
    assert after.sum() > before.sum() * 1.1
    low, high = before.any(0).nonzero()[0][[0, -1]]
    assert low - 12 <= columns.min() < low
    assert high < columns.max() <= high + 12


def test_the_shipped_refiner_makes_the_ball_exact(
    segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ball = picture()
    prompts = [Prompt(points=((110, 120, 1),)), Prompt(boxes=((70, 80, 150, 160),))]
    together = segmenter.predict_batch(prompts)
    refined = [np.count_nonzero(answer.mask ^ ball) for answer in together]
    for prompt, answer in zip(prompts, together, strict=True):
        alone = segmenter.predict(prompt).mask
        assert np.count_nonzero(alone ^ answer.mask) < 5
    monkeypatch.setattr(segmenter.model, "refiner", None)
    coarse = [np.count_nonzero(a.mask ^ ball) for a in segmenter.predict_batch(prompts)]
    assert sum(refined) < 0.7 * sum(coarse)


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
    assert answer.mask.shape == (120, 160)
    assert Geometry((120, 160), (384, 512), (384, 512)).original == answer.mask.shape
