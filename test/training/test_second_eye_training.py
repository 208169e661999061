"""Training of the second eye: the bank holds what it was asked, the loss falls, a run resumes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from seem_ros.evaluation.datasets import Sample
from seem_ros.model.helpers.mask_decoder import CORNER, FAR_CORNER, NEGATIVE, PADDING, POSITIVE
from seem_ros.model.helpers.second_eye import CELL, SecondEye
from seem_ros.segmenter import Segmenter
from support.tiny_seem import tiny_seem
from training.insisting.bank import Insisted, fill_bank
from training.loop.loop import Records
from training.second_eye import Learner, batches_of_steps, eye_loop, mask_ious, mask_losses


class OnePicture:
    """A set of one picture."""

    vocabulary = ()

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Sample:
        return self.sample


@pytest.fixture(scope="module")
def half() -> Sample:
    """Half of a disc, which no click finds at once; a strip of the picture is ignored."""
    rows, columns = np.mgrid[:120, :160]
    labels = np.zeros((120, 160), np.uint16)
    disc = np.hypot(rows - 60, columns - 60) < 40
    labels[disc & (columns < 60)] = 1
    image = np.random.default_rng(0).integers(0, 60, (120, 160, 3)).astype(np.uint8)
    image[disc] += 150
    labels[:, 150:] = 65535
    return Sample(image, labels, {1: None}, "test/0")


@pytest.fixture(scope="module")
def bank(half: Sample) -> list[Insisted]:
    return fill_bank(Segmenter.from_pretrained("nano", "cpu"), [(OnePicture(half), 1.0)], 3, 1)


@pytest.fixture
def eye() -> Iterator[SecondEye]:
    """The shipped one, which the tests may change."""
    eye = Segmenter.from_pretrained("nano", "cpu").helpers.second_eye
    assert eye is not None
    yield eye


def test_the_bank_holds_boxes_and_corrections_with_the_truth(bank: list[Insisted]) -> None:
    kinds = [row.asked.kinds for row in bank]
    assert [CORNER, FAR_CORNER] in kinds
    clicked = [k for k in kinds if CORNER not in k]
    assert clicked
    assert all(k[-1] == PADDING and len(k) > 2 for k in clicked)  # the first click is not asked
    for row in bank:
        assert row.target.shape == row.own.shape == row.weight.shape
        assert row.features.dtype == torch.float16
        for (x, y), kind in zip(row.asked.places.tolist(), row.asked.kinds, strict=True):
            if kind in (NEGATIVE, POSITIVE):
                inside = float(row.target[int(y) // CELL, int(x) // CELL])
                assert inside > 0.4 if kind == POSITIVE else inside < 0.6
        assert float(mask_ious(row.own[None] - 0.5, row.target, row.weight)) > 0.3


def test_a_model_without_an_eye_says_so(half: Sample) -> None:
    segmenter = Segmenter(tiny_seem())
    with pytest.raises(ValueError, match=r"second_eye\.safetensors"):
        fill_bank(segmenter, [(OnePicture(half), 1.0)], 1, 0)


def test_losses_ignore_what_has_no_weight() -> None:
    target, weight = torch.zeros(8, 8), torch.ones(8, 8)
    target[2:6, 2:6] = 1
    weight[:, 7] = 0
    good = (target - 0.5) * 12
    spilled = good.clone()
    spilled[:, 7] = 9
    losses = mask_losses(torch.stack([good, spilled, -good]), target, weight)
    assert float(losses[0]) == float(losses[1]) < 0.1 < float(losses[2])
    assert mask_ious(torch.stack([good, -good]), target, weight).tolist() == [1.0, 0.0]


def test_the_decoder_learns_and_the_encoder_stays(bank: list[Insisted], eye: SecondEye) -> None:
    before = {name: value.clone() for name, value in eye.state_dict().items()}
    loop = eye_loop(eye, 1e-4, 100)
    batches = batches_of_steps(bank, 2, 0, 0)
    losses = [loop.update(next(batches))["loss"] for _ in range(6)]
    assert np.mean(losses[-2:]) < np.mean(losses[:2])
    changed = {
        name.split(".")[0] for name, x in eye.state_dict().items() if not x.equal(before[name])
    }
    assert changed == {"prompts", "decoder"}


def test_a_run_resumes_with_the_same_batches(
    bank: list[Insisted], eye: SecondEye, tmp_path: Path
) -> None:
    records = Records(tmp_path / "eye.state.pt", tmp_path / "eye.csv")
    whole = eye_loop(eye, 1e-4, 2)
    whole.run(batches_of_steps(bank, 1, 0, 0), records)
    again = eye_loop(Segmenter.from_pretrained("nano", "cpu").helpers.second_eye, 1e-4, 2)
    assert again.resume(records.state)
    assert again.step == 2
    for ours, theirs in zip(again.average.parameters(), whole.average.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_readings_teach_too(bank: list[Insisted], eye: SecondEye) -> None:
    gradients = []
    for share in (0.0, 1.0):
        loss, _ = Learner(eye, share)(bank[:1], np.random.default_rng(0))
        loss.backward()
        readings = [eye.decoder.masks[row].layers[0].weight.grad for row in (1, 2, 3)]
        gradients.append(sum(float(x.abs().sum()) for x in readings if x is not None))
    assert gradients[0] == 0 < gradients[1]
