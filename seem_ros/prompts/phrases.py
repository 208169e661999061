"""Phrase: a name with its attributes, and the one way it is written in Prompt.text.

Normal form: ``[all|COUNT] [ORDINAL] [SIDE] [SIZE] [COLOUR] [MATERIAL] NAME [from SIDE]``, such as
``red mug``, ``left bottle``, ``second cup from left``, ``all bottles``, ``2 small cups``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SIDES = ("left", "right", "top", "bottom", "middle")
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}

_IRREGULAR = {
    "person": "people", "man": "men", "woman": "women", "mouse": "mice", "knife": "knives",
    "sheep": "sheep", "scissors": "scissors", "pliers": "pliers", "shelf": "shelves",
    "bread": "bread", "broccoli": "broccoli",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"(s|x|z|ch|sh|[^o]to|ro)$"), r"\1es"),
    (re.compile(r"([^aeiou])y$"), r"\1ies"),
    (re.compile(r"$"), "s"),
)


def plural(name: str) -> str:
    """Make the English plural of a name: ``wine glass`` becomes ``wine glasses``."""
    start, space, last = name.rpartition(" ")
    if last in _IRREGULAR:
        return start + space + _IRREGULAR[last]
    for ending, replacement in _ENDINGS:
        if ending.search(last):
            return start + space + ending.sub(replacement, last, count=1)
    return name


@dataclass(frozen=True)
class Phrase:
    """One thing or one kind of thing, as an operator describes it.

    Attributes:
        name: singular, English or the operator's label; ``object`` where only attributes are said.
        qualities: size, colour and material words, in this order.
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

    def __str__(self) -> str:
        """Write the normal form."""
        several = self.every or self.count > 1
        parts = [
            "all" if self.every else "",
            str(self.count) if self.count else "",
            ORDINALS.get(self.ordinal, ""),
            self.side,
            *self.qualities,
            plural(self.name) if several else self.name,
            f"from {self.counted_from}" if self.counted_from else "",
        ]
        return " ".join(part for part in parts if part)
