"""English nouns: one and several of a thing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_IRREGULAR = {
    "person": "people", "man": "men", "woman": "women", "mouse": "mice", "knife": "knives",
    "sheep": "sheep", "scissors": "scissors", "pliers": "pliers", "shelf": "shelves",
    "bread": "bread", "broccoli": "broccoli",
}  # fmt: skip
_REGULAR = {plural: singular for singular, plural in _IRREGULAR.items()}
_PLURAL_ENDINGS = (
    (re.compile(r"(s|x|z|ch|sh|[^o]to|ro)$"), r"\1es"),
    (re.compile(r"([^aeiou])y$"), r"\1ies"),
    (re.compile(r"$"), "s"),
)
_SINGULAR_ENDINGS = (
    (re.compile(r"([^aeiou]us|ss|x|[^aeiou]z|ch|sh|[^o]to|ro)es$"), r"\1"),
    (re.compile(r"(\w[^aeiou])ies$"), r"\1y"),
    (re.compile(r"([^s])s$"), r"\1"),
)
_Endings = Sequence[tuple[re.Pattern[str], str]]


def plural(name: str) -> str:
    """Make the English plural of a name: ``wine glass`` becomes ``wine glasses``."""
    return _changed(name, _IRREGULAR, _PLURAL_ENDINGS)


def singular(name: str) -> str:
    """Make the singular of a plural: ``wine glasses`` becomes ``wine glass``.

    What only a dictionary knows is decided for the commoner case: ``vases`` is of ``vase``,
    ``buses`` of ``bus``, ``berries`` of ``berry``.
    """
    return _changed(name, _REGULAR, _SINGULAR_ENDINGS)


def _changed(name: str, irregular: Mapping[str, str], endings: _Endings) -> str:
    """Change the last word of a name: as a word of its own, else by its ending."""
    start, space, last = name.rpartition(" ")
    if last in irregular:
        return start + space + irregular[last]
    for ending, replacement in endings:
        if ending.search(last):
            return start + space + ending.sub(replacement, last, count=1)
    return name
