"""Read a typed text as a phrase: a name with colour, side, size, order and number.

Sentence encoders hardly tell "red mug" from "blue mug" or "left" from "right" (their cosines
are 0.8 to 0.9), so these words are taken out of the text and resolved on the masks.
"""

from __future__ import annotations

import re

from seem_ros.prompts.phrases import ORDINALS, SIDES, Phrase

COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown",
    "black", "white", "gray",
)  # fmt: skip
SIZES = ("small", "big")

_SYNONYMS = {
    "grey": "gray", "violet": "purple", "large": "big", "huge": "big", "little": "small",
    "tiny": "small", "biggest": "big", "largest": "big", "smallest": "small", "centre": "middle",
    "center": "middle", "central": "middle", "upper": "top", "lower": "bottom",
    "leftmost": "left", "rightmost": "right", "every": "all", "each": "all", "both": "all",
}  # fmt: skip
_ORDINALS = {word: number for number, word in ORDINALS.items()} | {
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_FILLERS = frozenset(
    ("a", "an", "the", "this", "that", "please", "thing", "one", "there", "on", "at", "in", "of",
     "to", "side", "hand", "over")
)  # fmt: skip


def parse_phrase(text: str) -> Phrase:
    """Take attributes out of a text; what is left is the name.

    Words are only taken as attributes around a name: "orange" alone is the fruit, and a text
    of attributes only ("the red one") asks for an "object".
    """
    words = [_SYNONYMS.get(w, w) for w in re.findall(r"[\w'’-]+", text.lower())]
    fields: dict[str, object] = {"qualities": []}
    name: list[str] = []
    for index, word in enumerate(words):
        before = words[index - 2 : index] if index > 1 else words[:index]
        if not _take(word, before, fields):
            name.append(word)
    qualities = tuple(fields.pop("qualities"))
    meaningful = [w for w in name if w not in _FILLERS]
    if not meaningful and "orange" in qualities:  # the fruit
        return Phrase("orange", **fields)
    return Phrase(" ".join(meaningful) or "object", qualities, **fields)


def _take(word: str, before: list[str], fields: dict) -> bool:
    """Put an attribute word into its field; False for a word of the name."""
    if word in COLOURS or word in SIZES:
        fields["qualities"].append(word)
    elif word in SIDES:
        key = "counted_from" if "from" in before and "ordinal" in fields else "side"
        fields[key] = word
    elif word in _ORDINALS:
        fields["ordinal"] = _ORDINALS[word]
    elif word in _NUMBERS or (word.isdigit() and 0 < int(word) < 100):
        fields["count"] = _NUMBERS.get(word) or int(word)
    elif word == "all":
        fields["every"] = True
    elif word != "from":
        return False
    return True
