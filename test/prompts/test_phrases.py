"""Texts to phrases and back."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from seem_ros.prompts.colours import COLOURS
from seem_ros.prompts.phrases import ANYTHING, ORDINALS, SIDES, SIZES, Phrase, parse_phrase


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


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("orange orange", Phrase("orange", ("orange",))),
        ("small orange", Phrase("orange", ("small",))),
        ("red small Gizmo", Phrase("Gizmo", ("small", "red"))),
        ("wooden spoon", Phrase("wooden spoon")),
        ("cup ²", Phrase("cup ²")),
    ],
)
def test_what_is_no_attribute_is_the_name(text: str, phrase: Phrase) -> None:
    assert parse_phrase(text) == phrase


NAMES = (
    "mug",
    "wine glass",
    "orange",
    "oranges",
    "wooden spoon",
    "scissors",
    "cell phone",
    ANYTHING,
)


def phrases(number: int) -> Iterator[Phrase]:
    """Draw phrases of every kind, all fields independently."""
    random = Random(0)
    for _ in range(number):
        ordinal = random.choice((0, 0, *ORDINALS))
        sizes = random.sample(SIZES, random.choice((0, 0, 1, 2)))
        colours = random.choices(COLOURS, k=random.choice((0, 0, 1, 2)))
        yield Phrase(
            random.choice(NAMES),
            (*sizes, *colours),
            side=random.choice(("", "", *SIDES)),
            ordinal=ordinal,
            counted_from=random.choice(("", *SIDES)) if ordinal else "",
            count=random.choice((0, 0, 1, 2, 12, 99)),
            every=random.random() < 0.3,
        )


def test_the_normal_form_reads_back() -> None:
    drawn = set(phrases(5000))
    assert len(drawn) > 4000
    for phrase in drawn:
        assert parse_phrase(str(phrase)) == phrase, str(phrase)


def test_another_thing_in_the_same_words() -> None:
    phrase = parse_phrase("all small wooden spoons")
    assert (phrase.noun, phrase.kind) == ("spoons", "spoon")
    assert str(phrase.named("bowls")) == "all small wooden bowls"
    assert parse_phrase("glass").noun == "glass"
