"""Designs to compare: what their options change, what they inherit, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks import design_candidates
from benchmarks.design_candidates import TEXT, Candidate, Design
from seem_ros.model.checkpoints import load_config
from seem_ros.model.config import SeemConfig
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt
from support.tiny_seem import tiny_seem
from training.data.batches import Batch, InstanceTask


@pytest.fixture(autouse=True)
def small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads as narrow as the tiny model's, and an ImageNet package that is not installed."""
    monkeypatch.setattr(design_candidates, "HEAD_DIM", 8)
    other = tiny_seem(seed=7).backbone.state_dict()
    monkeypatch.setattr(design_candidates, "imagenet_weights", lambda _: other)


@pytest.fixture(scope="module")
def shipped() -> Seem:
    return tiny_seem(seed=3)


@pytest.fixture()
def shipped_config() -> SeemConfig:
    return load_config("nano")


def test_options_are_read() -> None:
    design = Design.parse("lite2:frozen:layers=2:width=96:taught")
    assert design == Design(design.text, "lite2", "frozen", 2, 96, True)
    assert Design.parse("lite0") == Design("lite0", "lite0")
    assert Design.parse("lite0:fully").trained == "fully"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vit", "backbone 'vit': known are lite0, lite2"),
        ("lite0:deep", "option 'deep' of lite0:deep: known are"),
        ("lite0:width=wide", "option 'width=wide'"),
        ("lite0:layers=0", "option 'layers=0'"),
        ("lite0:width=100", "width 100: must be a multiple of 8"),
    ],
)
def test_unknown_options_are_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Design.parse(text)


@pytest.mark.parametrize("width", [96, 128, 192])
def test_a_width_takes_what_must_fit_with_it(
    width: int, shipped_config: SeemConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design_candidates, "HEAD_DIM", 32)
    config = Design.parse(f"lite0:width={width}").configured(shipped_config)
    for part, dim in ((config.decoder, "hidden_dim"), (config.pixel_decoder, "conv_dim")):
        assert (getattr(part, dim), part.heads, part.ffn_dim) == (width, width // 32, 4 * width)
    assert config.pixel_decoder.mask_dim == shipped_config.pixel_decoder.mask_dim
    assert config.decoder.dense_prompts == shipped_config.decoder.dense_prompts
    assert config.refiner is config.detector is config.recogniser is None
    if width == 128:  # the shipped width is the shipped network
        assert config.decoder == shipped_config.decoder
        assert config.pixel_decoder == shipped_config.pixel_decoder


def _same(a: Seem, b: Seem) -> set[str]:
    """Names of weights of one shape and value in both, but for constants such as biases of 0."""
    theirs = b.state_dict()
    return {
        name
        for name, x in a.state_dict().items()
        if x.numel() > 1 and x.float().std() > 0 and theirs[name].shape == x.shape
        and torch.equal(x, theirs[name])
    }  # fmt: skip


def test_with_a_width_everything_but_words_starts_anew(shipped: Seem) -> None:
    for width in (16, 24):  # the shipped width too, or it would be ahead of the others
        model = Candidate(Design.parse(f"lite0:frozen:width={width}"), shipped).model
        kept = _same(model, shipped)
        assert kept
        assert all(name.startswith(TEXT) for name in kept)
        assert model.language.tokenizer is shipped.language.tokenizer


def test_without_a_width_only_what_reads_the_backbone_starts_anew(shipped: Seem) -> None:
    model = Candidate(Design.parse("lite0"), shipped).model
    kept = _same(model, shipped)
    assert "sem_seg_head.predictor.query_feat.weight" in kept
    assert "sem_seg_head.pixel_decoder.mask_features.weight" in kept
    assert "sem_seg_head.pixel_decoder.input_proj.weight" not in kept
    assert not any(name.startswith("backbone.") for name in kept)
    untrained = Candidate(Design.parse("lite0:layers=2"), shipped, trains=False).model
    assert _same(untrained, shipped) > {"backbone._conv_stem.weight"}


def test_a_width_that_is_not_trained_is_refused(shipped: Seem) -> None:
    with pytest.raises(ValueError, match="lite0:width=16 starts from nothing"):
        Candidate(Design.parse("lite0:width=16"), shipped, trains=False)


def _batch() -> Batch:
    """Two pictures of a bright square each, clicked."""
    images = np.full((2, 64, 96, 3), 60, np.uint8)
    labels = np.zeros((2, 64, 96), np.uint16)
    for index, left in enumerate((8, 48)):
        images[index, 16:48, left : left + 32] = 220
        labels[index, 16:48, left : left + 32] = 1
    tasks = [
        InstanceTask(labels[i] == 1, "click", Prompt(points=((x, 32, 1),)), None, None)
        for i, x in enumerate((24, 64))
    ]
    return Batch(images, labels > 1, labels, [{1: None}] * 2, tasks)


def test_training_a_width_lowers_its_loss_and_leaves_the_frozen_alone(shipped: Seem) -> None:
    candidate = Candidate(Design.parse("lite0:frozen:width=24"), shipped)
    backbone = [p.clone() for p in candidate.model.backbone.parameters()]
    for number in range(30):
        candidate.step(_batch(), number)
    assert np.mean(candidate.losses[-5:]) < 0.8 * np.mean(candidate.losses[:5])
    for before, after in zip(backbone, candidate.model.backbone.parameters(), strict=True):
        assert torch.equal(before, after)
