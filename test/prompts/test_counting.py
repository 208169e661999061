"""What is told about the things that were found."""

from __future__ import annotations

import pytest

from seem_ros.prompts.counting import choice, shortage
from seem_ros.prompts.phrases import parse_phrase


@pytest.mark.parametrize(
    ("text", "found", "told"),
    [
        ("second handbag", 3, "second of three handbags"),
        ("last red cup from the right", 13, "last of 13 red cups from the right"),
        ("leftmost cup", 2, "leftmost of two cups"),
        ("three cups", 5, "three of five cups"),
        ("the biggest mug", 2, "biggest of two mugs"),
        ("all left cups", 4, "four cups"),
        ("person", 1, "one person"),
    ],
)
def test_which_of_how_many(text: str, found: int, told: str) -> None:
    assert choice(parse_phrase(text), found) == told
    assert shortage(parse_phrase(text), found) == ""


@pytest.mark.parametrize(
    ("text", "found", "told"),
    [
        ("second handbag", 1, "there is only one handbag, no second one"),
        ("third red mug", 2, "there are only two red mugs, no third one"),
        ("3 people", 2, "there are only two people, not three"),
        ("leftmost cup", 0, "there is no cup"),
    ],
)
def test_fewer_than_asked_for(text: str, found: int, told: str) -> None:
    assert shortage(parse_phrase(text), found) == told
