"""Texts to phrases."""

from __future__ import annotations

import pytest

from seem_ros.prompts.phrase_parsing import parse_phrase
from seem_ros.prompts.phrases import Phrase


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("mug", Phrase("mug")),
        ("The red mug, please", Phrase("mug", ("red",))),
        ("wine glass", Phrase("wine glass")),
        ("orange", Phrase("orange")),
        ("the orange cup", Phrase("cup", ("orange",))),
        ("the orange one", Phrase("orange")),
        ("the red one", Phrase("object", ("red",))),
        ("left bottle", Phrase("bottle", side="left")),
        ("the bottle on the left", Phrase("bottle", side="left")),
        ("second cup from the right", Phrase("cup", ordinal=2, counted_from="right")),
        ("last cup from left", Phrase("cup", ordinal=-1, counted_from="left")),
        ("all bottles", Phrase("bottles", every=True)),
        ("two small grey cups", Phrase("cups", ("small", "gray"), count=2)),
        ("the biggest box", Phrase("box", ("big",))),
    ],
)
def test_attributes_are_taken_out(text: str, phrase: Phrase) -> None:
    assert parse_phrase(text) == phrase


def test_the_normal_form_reads_back() -> None:
    phrase = Phrase("cup", ("small", "red"), ordinal=2, counted_from="left")
    assert parse_phrase(str(phrase)) == phrase
