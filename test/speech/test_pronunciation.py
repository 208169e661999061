"""Words that the dictionary lacks."""

from __future__ import annotations

import pytest

from seem_ros.speech.engines.pronunciation import pronounce

WORDS = {
    "tea": "T IY",
    "pot": "P AA T",
    "skateboard": "S K EY T B AO R D",
    "box": "B AA K S",
    "left": "L EH F T",
    "most": "M OW S T",
}


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("skateboards", "S K EY T B AO R D Z"),
        ("pots", "P AA T S"),
        ("boxs", "B AA K S IH Z"),
        ("leftmost", "L EH F T M OW S T"),
        ("gritch", "G R IH CH"),
        ("flane", "F L EY N"),
        ("zorb", "Z AO R B"),
    ],
)
def test_pronounce(word, phones):
    assert pronounce(word, WORDS.get) == phones


@pytest.mark.parametrize("word", ["7b", "사과", "", "é", "x"])
def test_what_has_no_english_letters_is_not_pronounced(word):
    assert pronounce(word, WORDS.get) is None
