"""The sentence encoder of nano: pretrained weights read correctly into our own transformer."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from seem_ros.model.loading import load_model
from seem_ros.model.text.language_encoder import LanguageEncoder


@pytest.fixture(scope="module")
def language() -> LanguageEncoder:
    return load_model("nano").model.language


@torch.no_grad()
def _cosine(language: LanguageEncoder, first: str, second: str) -> float:
    sentences = F.normalize(language.hidden([first, second])[2], dim=-1)
    return float(sentences[0] @ sentences[1])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    # Cosines of all-MiniLM-L6-v2; its int8 ONNX export gives the same to about 0.02.
    [("mug", "cup", 0.71), ("mug", "hammer", 0.27), ("red mug", "blue mug", 0.77)],
)
def test_cosines_are_those_of_the_published_encoder(language, first, second, expected) -> None:
    assert _cosine(language, first, second) == pytest.approx(expected, abs=0.03)


@torch.no_grad()
def test_padding_does_not_change_a_text(language: LanguageEncoder) -> None:
    alone = language.encode(["mug"])
    padded = language.encode(["mug", "the second cup from the left"])
    torch.testing.assert_close(alone.sentence[0], padded.sentence[0], atol=1e-5, rtol=1e-4)
    assert padded.valid[0].sum() == 3
