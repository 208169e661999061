"""Half precision: what is halved, what stays exact, and what the masks lose by it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.model.features import ImageFeatures, PointSet, PromptBatch, QueryOutput
from seem_ros.model.precision import half_type, halved_names
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from support.tiny_official import tiny_official
from support.tiny_seem import tiny_seem

CPU = torch.device("cpu")
HALF = pytest.mark.parametrize("precision", ["bf16", "fp16"])


def test_the_cpu_computes_in_single_precision_unless_told() -> None:
    assert half_type("auto", CPU) is None
    assert half_type("fp32", CPU) is None
    assert half_type("bf16", CPU) == torch.bfloat16
    with pytest.raises(ValueError, match="precision must be"):
        half_type("fp8", CPU)


@pytest.mark.parametrize("build", [tiny_official, tiny_seem])
def test_norms_words_and_positions_stay_exact(build) -> None:
    names = halved_names(build())
    assert any(name.endswith("in_proj_weight") for name in names)
    assert any(name.startswith("backbone.") for name in names)
    assert not any("norm" in name or "lang_encoder" in name or "_embed.weight" in name
                   for name in names)  # fmt: skip


def _decoded(model: Seem) -> tuple[ImageFeatures, QueryOutput]:
    generator = torch.Generator().manual_seed(4)
    images = torch.randn(1, 3, 64, 96, generator=generator)
    with torch.inference_mode():
        features = model.encode_image(images)
        points = PointSet.of(torch.tensor([[[0.4, 0.5]]]), torch.ones(1, 1, dtype=torch.bool))
        tokens = model.spatial_tokens(features, points)
        batch = PromptBatch(1, ("spatial",), points=tokens)
        return features, model.decode(features, batch)["spatial"]


@HALF
def test_what_leaves_the_model_is_single_precision(precision) -> None:
    segmenter = Segmenter(tiny_official(), precision=precision)
    assert segmenter.model.compute_type == half_type(precision, CPU)
    features, output = _decoded(segmenter.model)
    kept = [features.mask_features, *features.levels, output.mask_logits, output.class_embedding]
    assert {x.dtype for x in kept} == {torch.float32}
    exact, expected = _decoded(tiny_official())
    for half, whole in zip(kept[:4], [exact.mask_features, *exact.levels], strict=True):
        assert (half - whole).norm() < 0.02 * whole.norm()
    assert not torch.equal(output.mask_logits, expected.mask_logits)


@HALF
def test_all_prompts_work_in_half_precision(precision) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    segmenter = Segmenter(tiny_official(), precision=precision)
    segmenter.set_image(rgb)
    click = Prompt(points=[(40.0, 30.0, 1)])
    first = segmenter.predict(click)
    example = Prompt(example=(rgb, np.ones((64, 96), bool)))
    segmenter.predict_batch([click, click], [first, None])
    for prompt in (Prompt(text="cup"), Prompt(boxes=[(8, 8, 60, 50)]), example):
        assert segmenter.predict(prompt).mask.shape == (64, 96)
    assert segmenter.panoptic()[0].shape == (64, 96)


def test_masks_of_nano_lose_little_in_bfloat16() -> None:
    rows, columns = np.mgrid[:192, :256]
    disc = (rows - 90) ** 2 + (columns - 120) ** 2 < 45**2
    rgb = np.where(disc[..., None], (200, 40, 30), (120, 130, 110)).astype(np.uint8)
    masks = []
    for precision in ("fp32", "bf16"):
        segmenter = Segmenter.from_pretrained(
            "nano", device="cpu", input_size=256, precision=precision
        )
        segmenter.set_image(rgb)
        masks.append(segmenter.predict(Prompt(points=[(120.0, 90.0, 1)])).mask)
    exact, half = masks
    assert (exact & half).sum() > 0.98 * (exact | half).sum()
