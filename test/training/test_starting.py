"""A model begins with another one's weights, as far as they fit; readings beside its answer."""

from __future__ import annotations

from dataclasses import replace

import torch

from seem_ros.model.config import SeemConfig
from seem_ros.model.features import PromptBatch
from seem_ros.model.seem import Seem
from support.tiny_seem import TINY, points, tiny_seem
from training.weights.starting import start_from

ANSWER = {"spatial_queries": (8, 9), "grounding_queries": (6, 7)}


def _with_readings(reading_dim: int = 4) -> Seem:
    config = SeemConfig.from_dict(TINY)
    dense = replace(config.decoder.dense_prompts, reading_dim=reading_dim)
    decoder = replace(
        config.decoder, num_queries=12, reading_queries=(9, 12), dense_prompts=dense, **ANSWER
    )
    torch.manual_seed(7)
    return Seem(replace(config, decoder=decoder)).eval()


def _masks(model: Seem, *groups: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        features = model.encode_image(torch.randn(1, 3, 64, 96, generator=generator))
        tokens = model.spatial_tokens(features, points(3, 2))
        planes = torch.rand(2, 4, 16, 24, generator=generator)
        found = model.decode(features, PromptBatch(2, groups, points=tokens, planes=planes))
    return torch.cat([found[name].mask_logits for name in groups], 1)


def test_a_larger_model_answers_as_the_one_it_begins_with() -> None:
    known, larger = tiny_seem(**ANSWER), _with_readings()
    assert not torch.allclose(_masks(larger, "spatial"), _masks(known, "spatial"), atol=1e-2)
    given = start_from(larger, known)
    assert given == len(known.state_dict())
    assert torch.allclose(_masks(larger, "spatial"), _masks(known, "spatial"), atol=1e-5)


def test_readings_begin_beside_the_answer_and_differ() -> None:
    known, larger = tiny_seem(**ANSWER), _with_readings()
    far = _masks(larger, "spatial", "reading")
    start_from(larger, known)
    answer, *readings = _masks(larger, "spatial", "reading").unbind(1)
    for reading in readings:
        assert not torch.allclose(reading, answer, atol=1e-3)
        near = torch.corrcoef(torch.stack((reading.flatten(), answer.flatten())))[0, 1]
        assert near > 0.7
    assert far.shape == (2, 4, 16, 24)


def test_the_same_readings_go_on() -> None:
    first, again = _with_readings(), _with_readings()
    with torch.no_grad():
        first.decoder.query_feat.weight[9:12] += 1
    start_from(again, first)
    assert torch.equal(_masks(again, "spatial", "reading"), _masks(first, "spatial", "reading"))


def test_another_backbone_keeps_its_own_weights() -> None:
    known = tiny_seem(**ANSWER)
    other = replace(
        known.config, backbone=replace(known.config.backbone, options={"variant": "lite1"})
    )
    model = Seem(other)
    before = model.backbone._conv_stem.weight.clone()
    start_from(model, known)
    assert torch.equal(model.backbone._conv_stem.weight, before)
    assert torch.equal(model.decoder.query_feat.weight, known.decoder.query_feat.weight)
