"""The image encoder is traced as a whole, and gives the features that it gives as it is.

Only the tracing is tested: making machine code of it takes minutes of a CPU.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seem_ros.model.compiling import compile_encoder
from seem_ros.segmenter import Segmenter
from support.tiny_official import tiny_official
from support.tiny_seem import tiny_seem


@pytest.mark.parametrize("build", [tiny_official, tiny_seem])
def test_the_traced_encoder_gives_the_same_features(build) -> None:
    plain, traced = build(), build()
    compile_encoder(traced, backend="eager")
    assert plain.state_dict().keys() == traced.state_dict().keys()
    images = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        features, expected = traced.encode_image(images), plain.encode_image(images)
    assert torch.allclose(features.mask_features, expected.mask_features, atol=1e-5)


def test_only_the_encoder_is_compiled_and_when_asked(monkeypatch) -> None:
    compiled: list[nn.Module] = []
    monkeypatch.setattr(nn.Module, "compile", lambda part, **options: compiled.append(part))
    Segmenter(tiny_official())
    assert compiled == []
    model = tiny_official()
    Segmenter(model, compiled=True)
    assert compiled == [model.backbone, model.sem_seg_head.pixel_decoder]
