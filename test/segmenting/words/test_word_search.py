"""From a semantic map to named objects, on a map written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.prompts import Prompt
from seem_ros.prompts.phrases import Names
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.match import Match, Named
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.finder import Word
from seem_ros.segmenting.words.map_finder import MapFinder
from seem_ros.segmenting.words.search import WordSearch
from support.hand_made import match_of, picture_of
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


def _picture(places: dict[str, Sequence[slice]]) -> Picture:
    """A 64 x 96 image whose map says the names at their places (rows, columns of cells)."""
    semantic = torch.zeros(1, 8, 8, 12)
    semantic[0, 7] = 1
    for name, (rows, columns) in places.items():
        semantic[0, :, rows, columns] = torch.eye(8)[MEANINGS[name.split()[0]]][:, None, None]
    features = ImageFeatures(torch.zeros(1, 12, 16, 24), [], (64, 96), semantic=semantic)
    return picture_of(np.zeros((64, 96, 3), np.uint8), _clicked, features)


def _clicked(picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
    """A 4 x 4 cell square around each click."""
    matches = []
    for each in evidence:
        x, y, _ = each.prompt.points[0]
        logits = torch.full((16, 24), -5.0)
        row, column = int(y / 4), int(x / 4)
        logits[row - 2 : row + 2, column - 2 : column + 2] = 5
        matches.append(match_of(picture, logits))
    return matches


def _search(model: Seem) -> WordSearch:
    return WordSearch(model, [MapFinder(model)])


TWO_CUPS = {
    "cup 1": (slice(1, 3), slice(1, 3)),
    "cup 2": (slice(5, 7), slice(8, 10)),
    "box": (slice(1, 3), slice(8, 10)),
}


def _asked(model: Seem, prompt: Prompt) -> list[Match]:
    return _search(model)(_picture(TWO_CUPS), prompt, Names()).matches


@torch.no_grad()
def test_every_object_of_the_name_is_a_match_of_its_own(model: Seem) -> None:
    matches = _asked(model, Prompt(text="cup"))
    assert len(matches) == 2
    centres = sorted(tuple((m.mask.cells).nonzero().float().mean(0).tolist()) for m in matches)
    assert centres == [
        (pytest.approx(3.5, abs=1), pytest.approx(3.5, abs=1)),
        (pytest.approx(11.5, abs=1), pytest.approx(17.5, abs=1)),
    ]
    assert all(0 < m.score <= 1 for m in matches)


@torch.no_grad()
def test_what_is_not_in_view_has_no_match(model: Seem) -> None:
    assert _asked(model, Prompt(text="hat")) == []


@torch.no_grad()
def test_words_about_the_place_choose_among_matches(model: Seem) -> None:
    left = _asked(model, Prompt(text="the left cup"))
    assert len(left) == 1
    assert (left[0].mask.cells).nonzero()[:, 1].float().mean() < 8


@torch.no_grad()
def test_a_choice_says_among_how_many_and_too_few_are_refused(model: Seem) -> None:
    def answer(text: str) -> Named:
        return _search(model)(_picture(TWO_CUPS), Prompt(text=text), Names())

    assert answer("second cup").note == "second of two cups"
    assert answer("left cup").note == "leftmost of two cups"
    assert answer("cup").note == ""
    third = answer("third cup")
    assert third.matches == []
    assert third.note == "there are only two cups, no third one"


@torch.no_grad()
def test_negative_text_takes_away(model: Seem) -> None:
    prompt = Prompt(text="cup", negative_text="box")
    assert len(_asked(model, prompt)) == 2
    same = Prompt(text="cup", negative_text="cup")
    assert _asked(model, same) == []


@torch.no_grad()
def test_a_word_leads_only_where_it_beats_other_names(model: Seem) -> None:
    cup = _search(model).word("cup")
    over_background, lead = MapFinder(model).on_grid(_picture(TWO_CUPS), cup)
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


class _Sees:
    """A finder that knows cups, and sees what it is told."""

    def __init__(self, seen: list[Match], settles: bool) -> None:
        self.seen, self.settles = seen, settles

    def knows(self, word: Word) -> bool:
        return word.name == "cup"

    def find(self, picture: Picture, word: Word) -> list[Match]:
        return self.seen


@torch.no_grad()
def test_a_sure_finder_settles_and_the_map_adds_where_attributes_sort_out(model: Seem) -> None:
    picture = _picture(TWO_CUPS)
    alone = _search(model).find(picture, "cup")
    assert len(alone) == 2
    search = WordSearch(model, [_Sees(alone[:1], settles=True), MapFinder(model)])
    assert search.find(picture, "cup") == alone[:1]
    assert len(search.find(picture, "cup", thorough=True)) == 2
    assert len(search.find(picture, "box")) == 1, "a word that it does not know"
    blind = WordSearch(model, [_Sees([], settles=True), MapFinder(model)])
    assert len(blind.find(picture, "cup")) == 2


@torch.no_grad()
def test_what_an_unsure_finder_sees_joins_what_the_map_says(model: Seem) -> None:
    picture = _picture(TWO_CUPS)
    first, second = (match.mask for match in _search(model).find(picture, "cup"))
    larger = first.logits.clone()
    larger[:, : larger.shape[1] // 2] = 5
    elsewhere = torch.full_like(larger, -5.0)
    elsewhere[14:, 20:] = 5
    seen = [match_of(picture, larger), match_of(picture, elsewhere)]
    found = WordSearch(model, [_Sees(seen, settles=False), MapFinder(model)]).find(picture, "cup")
    areas = sorted(match.mask.cell_count for match in found)
    joined = int(((larger > 0) | first.cells).sum())
    assert areas == sorted([joined, second.cell_count, seen[1].mask.cell_count])


@torch.no_grad()
def test_only_the_first_finder_that_knows_the_word_is_asked(model: Seem) -> None:
    picture = _picture(TWO_CUPS)
    known = _search(model).find(picture, "cup")[:1]

    class Silent(_Sees):
        def find(self, picture: Picture, word: Word) -> list[Match]:
            raise AssertionError("another one knows the word")

    order = [_Sees(known, settles=True), Silent([], settles=False), MapFinder(model)]
    assert WordSearch(model, order).find(picture, "cup") == known
