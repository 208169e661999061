"""A look through a window that covers everything is a whole look, and windows keep their place."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from seem_ros.model.features import ImageFeatures, PromptBatch, QueryOutput
from seem_ros.model.seem import Seem
from seem_ros.model.windows import COARSE, OUTSIDE, Window
from support.tiny_seem import points

GRID = (4, 6)  # stride-16 cells of a 64 x 96 input


@torch.no_grad()
def decoded(model: Seem, features: ImageFeatures, windows: list[Window | None]) -> QueryOutput:
    generator = torch.Generator().manual_seed(4)
    tokens = model.spatial_tokens(features, points(5, 3))
    planes = torch.rand(3, 4, 16, 24, generator=generator)
    batch = PromptBatch(3, ("spatial",), points=tokens, planes=planes)
    return model.decode(features, dataclasses.replace(batch, windows=windows))["spatial"]


def test_windows_over_everything_change_nothing(model, features) -> None:
    whole = decoded(model, features, [])
    assert whole.norms is not None
    windows = [Window(0, 0, *GRID, norms) for norms in whole.norms]
    seen = decoded(model, features, [windows[0], None, windows[2]])
    torch.testing.assert_close(seen.mask_logits, whole.mask_logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(seen.norms, whole.norms)


def test_a_small_window_answers_inside_only_and_leaves_the_others_alone(model, features) -> None:
    whole = decoded(model, features, [])
    window = Window(1, 2, 2, 3, whole.norms[1])
    seen = decoded(model, features, [None, window, None])
    inside = torch.zeros(16, 24, dtype=torch.bool)
    inside[window.slices(COARSE)] = True
    assert (seen.mask_logits[1, 0][~inside] < OUTSIDE / 2).all()
    assert (seen.mask_logits[1, 0][inside] > OUTSIDE / 2).all()
    for row in (0, 2):
        torch.testing.assert_close(
            seen.mask_logits[row], whole.mask_logits[row], atol=1e-4, rtol=1e-4
        )


def test_windows_need_one_image_and_one_each(model, features) -> None:
    norms = decoded(model, features, []).norms
    with pytest.raises(ValueError, match="2 windows do not fit 3 prompts on 1 images"):
        decoded(model, features, [Window(0, 0, *GRID, norms[0])] * 2)


def test_learning_notes_no_statistics(model, features) -> None:
    planes = torch.rand(1, 4, 16, 24)
    with torch.enable_grad():
        own = model.decoder.dense_prompts(features.dense, planes, [])
    assert own.norms is None
