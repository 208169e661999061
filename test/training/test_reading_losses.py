"""Other readings: the best one learns, and masks learn to tell how good they are."""

from __future__ import annotations

import torch

from seem_ros.model.features import PromptBatch, QueryOutput
from support.tiny_seem import points, tiny_seem
from training.steps.readings import overlaps, reading_losses

TARGET = torch.zeros(1, 16, 16)
TARGET[:, :, :8] = 1
WEIGHT = torch.ones_like(TARGET)


def _output(*masks: torch.Tensor) -> QueryOutput:
    logits = torch.stack(masks)[None].requires_grad_()
    nothing = torch.zeros(1, len(masks), 4)
    quality = torch.zeros(1, len(masks), requires_grad=True)
    return QueryOutput(nothing, nothing, logits, quality=quality)


def _half(left: bool) -> torch.Tensor:
    mask = torch.full((8, 8), -4.0)
    mask[:, :4] = 4.0
    return mask if left else -mask


def test_the_nearest_reading_learns_most() -> None:
    readings = _output(_half(True) * 0.2, _half(False))
    parts = reading_losses(_output(_half(False)), readings, TARGET, WEIGHT, torch.tensor([9.0]))
    parts["reading"].backward()
    won, lost = readings.mask_logits.grad.abs().sum((0, 2, 3))
    assert won > 3 * lost > 0


def test_readings_learn_less_where_the_answer_is_better() -> None:
    grown = []
    for first in (0.0, 9.0):
        readings = _output(_half(True) * 0.2)
        answer, answered = _output(_half(True)), torch.tensor([first])
        reading_losses(answer, readings, TARGET, WEIGHT, answered)["reading"].backward()
        grown.append(float(readings.mask_logits.grad.abs().sum()))
    assert grown[0] < 0.5 * grown[1]


def test_overlaps_are_those_of_the_masks() -> None:
    logits = torch.stack((_half(True), _half(False), torch.full((8, 8), 4.0)))[None]
    assert overlaps(logits, TARGET, WEIGHT).round(decimals=2).tolist() == [[1.0, 0.0, 0.5]]
    assert overlaps(logits, TARGET * 0, WEIGHT).sum() == 0, "nothing there: no mask is right"


def test_quality_learns_the_overlap() -> None:
    answer, readings = _output(_half(True)), _output(_half(False))
    reading_losses(answer, readings, TARGET, WEIGHT, torch.tensor([0.0]))["quality"].backward()
    assert float(answer.quality.grad) < 0 < float(readings.quality.grad)


def test_the_answer_is_the_same_with_and_without_readings() -> None:
    model = tiny_seem(
        num_queries=12, spatial_queries=(8, 9), grounding_queries=(6, 7), reading_queries=(9, 12)
    )
    with torch.no_grad():
        features = model.encode_image(torch.randn(1, 3, 64, 96))
        tokens = model.spatial_tokens(features, points(3, 2))
        request = PromptBatch(2, ("spatial",), points=tokens, planes=torch.rand(2, 4, 16, 24))
        alone = model.decode(features, request)
        request.groups = ("spatial", "reading")
        both = model.decode(features, request)
    assert torch.allclose(alone["spatial"].mask_logits, both["spatial"].mask_logits, atol=1e-5)
    assert both["reading"].mask_logits.shape == (2, 3, 16, 24)
    assert both["spatial"].quality.shape == (2, 1)
    assert both["reading"].quality.shape == (2, 3)
    assert alone["spatial"].quality is None
