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
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from seem_ros.prompts.colours import COLOURS
from seem_ros.prompts.nouns import one_of_several, plural

ANYTHING = "object"  # the name where only attributes are said
SIDES = ("left", "right", "top", "bottom", "middle")
SIZES = ("small", "big")
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}

_SYNONYMS = {
    "grey": "gray", "violet": "purple", "large": "big", "huge": "big", "little": "small",
    "tiny": "small", "biggest": "big", "largest": "big", "smallest": "small", "centre": "middle",
    "center": "middle", "central": "middle", "upper": "top", "lower": "bottom",
    "leftmost": "left", "rightmost": "right", "left-hand": "left", "right-hand": "right",
    "topmost": "top", "every": "all", "each": "all", "both": "all", "everything": "all",
}  # fmt: skip
_ORDINALS = {word: number for number, word in ORDINALS.items()} | {
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_DESCRIPTIVE = frozenset(
    ("silver", "tall", "long", "short", "wooden", "plastic", "metal", "glass", "striped")
)
_GENERIC = frozenset(("thing", "things", "one", "ones", "item", "items"))
NAMING = _GENERIC | {ANYTHING, "objects", "everything", "all"}  # words instead of a name
_FILLERS = frozenset(
    ("a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our",
     "their", "some", "any", "please", "there", "from", "on", "at", "in", "to", "over")
)  # fmt: skip
WORD = r"[\w'’-]+(?:&[\w'’-]+)*"
JOINT = "\x00"  # between the words of a name that is read as one word
A_SIDE = "(?:left|right|top|bottom|middle|cent(?:er|re)|upper|lower|leftmost|rightmost)"
_PLACES = (
    (rf"({A_SIDE}) (?:hand )?(?:side|corner|edge|half)", r"\1"),
    (rf"(?:on|at|in|to) (?:the |my |your )?({A_SIDE}) hand", r"\1"),
    (rf"({A_SIDE}) hand(?= \w)", r"\1"),
    (rf"(?:on|at|in|to|near) (?:the |my |your )?(?:far )?({A_SIDE})(?! of )", r"\1"),
    ("counting (?=from )", ""),
)


@dataclass(frozen=True)
class Phrase:
    """One thing or one kind of thing, as an operator describes it.

    Attributes:
        name: of one thing, also where several are meant; ANYTHING where only attributes are said.
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

    def named(self, noun: str) -> Phrase:
        """Describe another thing in the same words."""
        return replace(self, name=self.name.removesuffix(self.noun) + noun)

    @property
    def label(self) -> str:
        """The name that a thing of this description keeps, wherever it goes; empty for none."""
        return "" if self.noun == ANYTHING else " ".join((*self.qualities, self.name))

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
            plural(self.name) if self.several else self.name,
            f"from {self.counted_from}" if self.counted_from else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Names:
    """Names that a text may hold.

    Attributes:
        vocabulary: of the model, in lower case; they tell plurals from names that look like one.
        own: of the operator, such as taught things, as they were given: their words are read as a
            name only, whatever else they may mean and in whatever script they are. One of a single
            word that says how many or which ("17", "red") is a name where it stands alone.

    """

    vocabulary: Collection[str] = ()
    own: Collection[str] = ()

    @cached_property
    def joined(self) -> dict[str, str]:
        """The operator's names, the longest first, with each as one word."""
        parted = (" ".join(words_of(name)) for name in sorted(self.own, key=len, reverse=True))
        return {name.replace(" ", JOINT): name for name in parted}

    @cached_property
    def single(self) -> frozenset[str]:
        """The operator's names of one word, casefolded."""
        return frozenset(name.casefold() for name in self.own if len(words_of(name)) == 1)

    @cached_property
    def all(self) -> frozenset[str]:
        """The names of both, in lower case."""
        return frozenset((*self.vocabulary, *(name.lower() for name in self.own)))


def parse_phrase(text: str, names: Names = Names()) -> Phrase:  # noqa: B008 - frozen
    """Take attributes out of a text about one thing or one kind of thing; the rest is the name.

    Words are only taken as attributes around a name: "orange" alone is the fruit, and a text
    of attributes only ("the red one") asks for ANYTHING. What a text about several things, or a
    whole sentence, asks for reads :func:`seem_ros.prompts.language.read_phrases`.
    """
    return phrase_of(prepared(words_of(text), names), names)


def words_of(text: str) -> list[str]:
    """Split a text into its words, without punctuation."""
    return re.findall(WORD, text)


def prepared(words: Sequence[str], names: Names) -> str:
    """Join words to a text that can be read word by word.

    Each name of the operator becomes one word, and "on the left hand side" becomes "left".
    """
    text = " ".join(words)
    for joined, name in names.joined.items():
        text = replaced(text, re.escape(name), joined)
    for pattern, replacement in _PLACES:
        text = replaced(text, pattern, replacement)
    return text


def replaced(text: str, pattern: str, replacement: str) -> str:
    """Replace whole words of a text, whose words are separated by one space."""
    return re.sub(rf"(?<!\S){pattern}(?!\S)", replacement, text, flags=re.IGNORECASE)


def phrase_of(text: str, names: Names) -> Phrase:
    """Read a prepared text."""
    alone = [word for word in text.split() if word.lower() not in _FILLERS]
    if len(alone) == 1 and alone[0].casefold() in names.single:
        return Phrase(alone[0])
    reader = _Reader()
    for word in text.split():
        reader.take(word)
    return reader.phrase(names)


class _Reader:
    """What the words of a text so far say."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._name: list[str] = []
        self._generic = ""
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
        elif word in NUMBERS or (word.isdecimal() and 0 < int(word) < 100):
            self._count = NUMBERS.get(word) or int(word)
        elif word == "all":
            self._every = True
        elif word in _GENERIC:
            self._generic = plural(ANYTHING) if word.endswith("s") else ANYTHING
        elif word not in _FILLERS:
            self._name.append(spelled.replace(JOINT, " "))
        self._words.append(word)

    def phrase(self, names: Names) -> Phrase:
        """Put together what was said."""
        if not self._name and "orange" in self._colours:  # the fruit
            last = len(self._colours) - 1 - self._colours[::-1].index("orange")
            self._name.append(self._colours.pop(last))
        if self._generic and all(word in _DESCRIPTIVE for word in self._name):
            self._name.append(self._generic)
        name = " ".join(self._name).removeprefix("of ") or ANYTHING
        one = one_of_several(name, names.all, several=self._every or self._count > 1)
        counted = self._count or self._ordinal
        return Phrase(
            one or name,
            (*self._sizes, *self._colours),
            self._side,
            self._ordinal,
            self._counted_from,
            self._count,
            self._every or bool(one and not counted),
        )
