"""Phrase: a name with its attributes, and the one parser of the words of people and prompts.

Sentence encoders hardly tell "red mug" from "blue mug" or "left" from "right" (their cosines
are 0.8 to 0.9), so these words are taken out of the text and resolved on the masks. All others,
"wooden" and "tall" too, stay in the name that the encoder reads.

Normal form: ``[all|COUNT] [ORDINAL] [SIDE] [SIZE] [COLOUR] NAME [from SIDE]``, such as
``red mug``, ``left bottle``, ``second cup from left``, ``all bottles``, ``2 small cups``. The
parser reads it back as the phrase that it was written for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from seem_ros.prompts.colours import COLOURS
from seem_ros.prompts.nouns import singular

ANYTHING = "object"  # the name where only attributes are said
SIDES = ("left", "right", "top", "bottom", "middle")
SIZES = ("small", "big")
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}

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
_DESCRIPTIVE = frozenset(
    ("silver", "tall", "long", "short", "wooden", "plastic", "metal", "glass", "striped")
)
_FILLERS = frozenset(
    ("a", "an", "the", "this", "that", "please", "thing", "one", "there", "on", "at", "in", "of",
     "to", "side", "hand", "over")
)  # fmt: skip


@dataclass(frozen=True)
class Phrase:
    """One thing or one kind of thing, as an operator describes it.

    Attributes:
        name: as it is said, in the plural where several are meant; ANYTHING where only
            attributes are said.
        qualities: size and colour words, sizes first.
        side: one of SIDES, seen in the image; empty is not said.
        ordinal: 1 the first ... 5, -1 the last; 0 is not said.
        counted_from: side from which the ordinal counts; empty is not said (then from the left).
        count: how many are meant; 0 is not said.
        every: all of them are meant.

    """

    name: str
    qualities: tuple[str, ...] = ()
    side: str = ""
    ordinal: int = 0
    counted_from: str = ""
    count: int = 0
    every: bool = False

    @property
    def noun(self) -> str:
        """The name without the words that describe it: ``spoon`` of ``wooden spoon``."""
        words = self.name.split()
        while len(words) > 1 and words[0].lower() in _DESCRIPTIVE:
            del words[0]
        return " ".join(words)

    @property
    def kind(self) -> str:
        """The noun of one thing, also where several are meant."""
        return singular(self.noun) if self.several else self.noun

    def named(self, noun: str) -> Phrase:
        """Describe another thing in the same words."""
        return replace(self, name=self.name.removesuffix(self.noun) + noun)

    @property
    def several(self) -> bool:
        """Whether more than one is meant."""
        return self.every or self.count > 1

    def __str__(self) -> str:
        """Write the normal form."""
        parts = [
            "all" if self.every else "",
            str(self.count) if self.count else "",
            ORDINALS.get(self.ordinal, ""),
            self.side,
            *self.qualities,
            self.name,
            f"from {self.counted_from}" if self.counted_from else "",
        ]
        return " ".join(part for part in parts if part)


def parse_phrase(text: str) -> Phrase:
    """Take attributes out of a text; what is left is the name.

    Words are only taken as attributes around a name: "orange" alone is the fruit, and a text
    of attributes only ("the red one") asks for ANYTHING.
    """
    reader = _Reader()
    for word in re.findall(r"[\w'’-]+", text):
        reader.take(word)
    return reader.phrase()


class _Reader:
    """What the words of a text so far say."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._name: list[str] = []
        self._sizes: list[str] = []
        self._colours: list[str] = []
        self._side = self._counted_from = ""
        self._ordinal = self._count = 0
        self._every = False

    def take(self, spelled: str) -> None:
        """Take the next word as an attribute, else as a part of the name."""
        word = _SYNONYMS.get(spelled.lower(), spelled.lower())
        if word in COLOURS:
            self._colours.append(word)
        elif word in SIZES:
            self._sizes.append(word)
        elif word in SIDES and self._ordinal and "from" in self._words[-2:]:
            self._counted_from = word
        elif word in SIDES:
            self._side = word
        elif word in _ORDINALS:
            self._ordinal = _ORDINALS[word]
        elif word in _NUMBERS or (word.isdecimal() and 0 < int(word) < 100):
            self._count = _NUMBERS.get(word) or int(word)
        elif word == "all":
            self._every = True
        elif word != "from" and word not in _FILLERS:
            self._name.append(spelled)
        self._words.append(word)

    def phrase(self) -> Phrase:
        """Put together what was said."""
        if not self._name and "orange" in self._colours:  # the fruit
            last = len(self._colours) - 1 - self._colours[::-1].index("orange")
            self._name.append(self._colours.pop(last))
        return Phrase(
            " ".join(self._name) or ANYTHING,
            (*self._sizes, *self._colours),
            self._side,
            self._ordinal,
            self._counted_from,
            self._count,
            self._every,
        )
