"""From a semantic map to named objects, on a map written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures
from seem_ros.model.preprocess import Geometry
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.prompts import Prompt
from seem_ros.segmenting.requests import EncodedImage, Match, Request
from seem_ros.segmenting.text_matcher import TextMatcher
from seem_ros.segmenting.word_map import WordMap
from support.tiny_seem import tiny_seem

NAMES = ("cup", "box", "hat")
MEANINGS = {name: i for i, name in enumerate((*NAMES, "unknown"))}


class _Words(torch.nn.Module):
    """Texts of one token each; every name means a direction of its own."""

    description = "{}"

    def __call__(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = torch.tensor([[MEANINGS.get(t, 3)] for t in texts])
        return ids, torch.ones_like(ids, dtype=torch.bool)


class _Meanings(torch.nn.Module):
    """Hidden states (N, 1, 24) and sentences (N, 24): unit vectors."""

    def forward(self, ids: torch.Tensor, valid: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states = F.one_hot(ids, 24).float()
        return states, states[:, 0]


@pytest.fixture()
def model() -> Seem:
    model = tiny_seem()
    object.__setattr__(model.config, "vocabulary", NAMES)
    model.language.tokenizer = _Words()
    model.language.lang_encoder = _Meanings()
    with torch.no_grad():  # names lie on the axes 0..2 of the map, background on axis 7
        model.language.semantic_proj.weight.copy_(torch.eye(8, 24))
        model.language.semantic_proj.bias.zero_()
        model.semantic_map.background.copy_(torch.eye(8)[7])
    return model


def _image(places: dict[str, Sequence[slice]]) -> EncodedImage:
    """A 64 x 96 image whose map says the names at their places (rows, columns of cells)."""
    semantic = torch.zeros(1, 8, 8, 12)
    semantic[0, 7] = 1
    for name, (rows, columns) in places.items():
        semantic[0, :, rows, columns] = torch.eye(8)[MEANINGS[name.split()[0]]][:, None, None]
    features = ImageFeatures(torch.zeros(1, 12, 16, 24), [], (64, 96), semantic=semantic)
    geometry = Geometry((64, 96), (64, 96), (64, 96))
    return EncodedImage(features, geometry, np.zeros((64, 96, 3), np.uint8))


def _clicked(image: EncodedImage, requests: Sequence[Request]) -> list[Match]:
    """A 4 x 4 cell square around each click."""
    matches = []
    for request in requests:
        x, y, _ = request.prompt.points[0]
        logits = torch.full((16, 24), -5.0)
        row, column = int(y / 4), int(x / 4)
        logits[row - 2 : row + 2, column - 2 : column + 2] = 5
        matches.append(Match(logits, 1.0, torch.zeros(8)))
    return matches


TWO_CUPS = {
    "cup 1": (slice(1, 3), slice(1, 3)),
    "cup 2": (slice(5, 7), slice(8, 10)),
    "box": (slice(1, 3), slice(8, 10)),
}


@torch.no_grad()
def test_every_object_of_the_name_is_a_match_of_its_own(model: Seem) -> None:
    matches = TextMatcher(model, _clicked)(_image(TWO_CUPS), Prompt(text="cup"))
    assert len(matches) == 2
    centres = sorted(tuple((m.logits > 0).nonzero().float().mean(0).tolist()) for m in matches)
    assert centres == [
        (pytest.approx(3.5, abs=1), pytest.approx(3.5, abs=1)),
        (pytest.approx(11.5, abs=1), pytest.approx(17.5, abs=1)),
    ]
    assert all(0 < m.score <= 1 for m in matches)


@torch.no_grad()
def test_what_is_not_in_view_has_no_match(model: Seem) -> None:
    assert TextMatcher(model, _clicked)(_image(TWO_CUPS), Prompt(text="hat")) == []


@torch.no_grad()
def test_words_about_the_place_choose_among_matches(model: Seem) -> None:
    matcher = TextMatcher(model, _clicked)
    left = matcher(_image(TWO_CUPS), Prompt(text="the left cup"))
    assert len(left) == 1
    assert (left[0].logits > 0).nonzero()[:, 1].float().mean() < 8


@torch.no_grad()
def test_negative_text_takes_away(model: Seem) -> None:
    prompt = Prompt(text="cup", negative_text="box")
    assert len(TextMatcher(model, _clicked)(_image(TWO_CUPS), prompt)) == 2
    same = Prompt(text="cup", negative_text="cup")
    assert TextMatcher(model, _clicked)(_image(TWO_CUPS), same) == []


@torch.no_grad()
def test_a_word_leads_only_where_it_beats_other_names(model: Seem) -> None:
    words = WordMap(model)
    image = _image(TWO_CUPS)
    over_background, lead = words.on_grid(image, words.word("cup"))
    assert over_background[3, 3] > 0
    assert lead[3, 3] > 0
    assert over_background[3, 17] == pytest.approx(0, abs=1e-4)  # a box: neither cup nor nothing
    assert lead[3, 17] < 0
    assert over_background[8, 8] < 0


@torch.no_grad()
def test_pooling_averages_under_each_mask() -> None:
    semantic = F.normalize(torch.randn(8, 4, 4), dim=0)
    logits = torch.full((2, 8, 8), -1.0)
    logits[0, :2, :2] = 1
    embeddings = pooled(semantic, logits)
    torch.testing.assert_close(embeddings[0], semantic[:, 0, 0], atol=1e-5, rtol=1e-5)
    assert embeddings[1].abs().sum() == 0


@torch.no_grad()
def test_a_detector_answers_first_and_the_map_adds_where_attributes_sort_out(model: Seem) -> None:
    image = _image(TWO_CUPS)
    matcher = TextMatcher(model, _clicked)
    alone = matcher.find(image, "cup")
    assert len(alone) == 2
    seen = alone[:1]
    matcher._detection = SimpleNamespace(find=lambda image, meaning: list(seen))
    assert matcher.find(image, "cup") == seen
    assert len(matcher.find(image, "cup", thorough=True)) == 2
    matcher._detection = SimpleNamespace(find=lambda image, meaning: [])
    assert len(matcher.find(image, "cup")) == 2
