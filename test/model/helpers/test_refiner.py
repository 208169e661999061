"""The refiner: changes nothing before it learned, learns everywhere, is part of configurations."""

from __future__ import annotations

import pytest
import torch

from seem_ros.model.config import RefinerConfig, SeemConfig
from seem_ros.model.helpers import build_refiner
from seem_ros.model.helpers.refiner import LOGITS, PLANES, Refiner
from support.tiny_seem import TINY

WIDTHS = (4, 6, 8, 8)


def inputs(count: int = 2, size: int = 32) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    shapes = ((PLANES, size), (5, size // 4), (6, size // 8))
    return tuple(torch.randn(count, c, s, s, generator=generator) for c, s in shapes)


def test_a_new_refiner_changes_no_mask() -> None:
    refiner = Refiner(RefinerConfig(WIDTHS, 32), 5, 6).eval()
    planes, fine, middle = inputs()
    before = planes.clone()
    refined = refiner(planes, fine, middle)
    assert refined.shape == (2, 32, 32)
    assert torch.equal(refined > 0, planes[:, LOGITS] > 0)
    torch.testing.assert_close(planes, before)


def test_everything_learns() -> None:
    refiner = Refiner(RefinerConfig(WIDTHS, 32), 5, 6).train()
    torch.nn.init.normal_(refiner.change.weight)
    refiner(*inputs()).square().mean().backward()
    still = [k for k, p in refiner.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_a_step_against_the_gradient_sharpens_an_edge() -> None:
    torch.manual_seed(0)
    refiner = Refiner(RefinerConfig(WIDTHS, 32), 5, 6).train()
    edge = (torch.arange(32) >= 13).float().expand(1, 32, 32)
    planes = torch.zeros(1, PLANES, 32, 32)
    planes[:, :LOGITS] = edge[:, None] * 2 - 1
    planes[:, LOGITS] = (torch.arange(32.0) - 19) / 4  # blurred, and the edge six pixels off
    optimizer = torch.optim.Adam(refiner.parameters(), 0.01)
    wrong = ((planes[:, LOGITS] > 0) != edge.bool()).sum()
    for _ in range(40):
        logits = refiner(planes, torch.zeros(1, 5, 8, 8), torch.zeros(1, 6, 4, 4))
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(logits, edge).backward()
        optimizer.step()
    left = ((logits > 0) != edge.bool()).sum()
    assert left < wrong / 4


def test_configurations_keep_it() -> None:
    config = SeemConfig.from_dict({**TINY, "refiner": {"widths": list(WIDTHS), "size": 64}})
    assert config.refiner == RefinerConfig(WIDTHS, 64)
    assert SeemConfig.from_json(config.to_json()) == config
    assert SeemConfig.from_dict(TINY).refiner is None


def test_it_needs_dense_prompts() -> None:
    decoder = {k: v for k, v in TINY["decoder"].items() if k != "dense_prompts"}
    config = SeemConfig.from_dict({**TINY, "decoder": decoder, "refiner": {}})
    with pytest.raises(ValueError, match="tiny: a refiner needs dense prompts"):
        build_refiner(config)


def test_a_wrong_key_is_named() -> None:
    with pytest.raises(ValueError, match=r"refiner: unknown configuration key\(s\) depth"):
        SeemConfig.from_dict({**TINY, "refiner": {"depth": 3}})
