"""Texts to phrases and back."""

from __future__ import annotations

import pytest

from seem_ros.prompts.phrases import Names, Phrase, parse_phrase
from support.drawn_phrases import drawn_phrases


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
        ("the bottle on the left hand side", Phrase("bottle", side="left")),
        ("the left hand bottle", Phrase("bottle", side="left")),
        ("second cup from the right", Phrase("cup", ordinal=2, counted_from="right")),
        ("last cup from left", Phrase("cup", ordinal=-1, counted_from="left")),
        ("all bottles", Phrase("bottle", every=True)),
        ("two small grey cups", Phrase("cup", ("small", "gray"), count=2)),
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
        ("the wooden one", Phrase("wooden object")),
        ("cup of tea", Phrase("cup of tea")),
        ("all of the cups", Phrase("cup", every=True)),
        ("hand", Phrase("hand")),
        ("side table", Phrase("side table")),
        ("cup ²", Phrase("cup ²")),
    ],
)
def test_what_is_no_attribute_is_the_name(text: str, phrase: Phrase) -> None:
    assert parse_phrase(text) == phrase


def test_the_normal_form_reads_back() -> None:
    drawn = set(drawn_phrases(5000))
    assert len(drawn) > 4000
    for phrase in drawn:
        assert parse_phrase(str(phrase)) == phrase, str(phrase)


def test_another_thing_in_the_same_words() -> None:
    phrase = parse_phrase("all small wooden spoons")
    assert (phrase.name, phrase.noun) == ("wooden spoon", "spoon")
    assert str(phrase.named("bowl")) == "all small wooden bowls"
    assert parse_phrase("glass").noun == "glass"


@pytest.mark.parametrize("name", ["17", "000001", "two", "red", "left", "all", "A4"])
def test_a_taught_name_of_one_word_is_a_name_where_it_stands_alone(name: str) -> None:
    names = Names(own={name})
    for text in (name, f"the {name}", str(parse_phrase(name, names))):
        assert parse_phrase(text, names) == Phrase(name)
    assert parse_phrase("two red mugs", Names(own={"two", "red"})) == parse_phrase("two red mugs")


def test_the_words_of_the_operators_own_names_are_no_attributes() -> None:
    names = Names(own={"Left Gripper", "빨간 드라이버"})
    assert parse_phrase("all left grippers", names) == Phrase("gripper", side="left", every=True)
    assert parse_phrase("the left left gripper", names) == Phrase("Left Gripper", side="left")
    assert parse_phrase("second 빨간 드라이버", names) == Phrase("빨간 드라이버", ordinal=2)
