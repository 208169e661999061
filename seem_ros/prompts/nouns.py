"""English nouns: one and several of a thing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

# One thing whose name looks like a plural, or whose plural looks like one thing.
_UNCHANGING = (
    "sheep", "bread", "broccoli", "furniture", "scissors", "pliers", "tweezers", "tongs",
    "binoculars", "headphones", "sunglasses", "eyeglasses", "goggles", "pants", "trousers",
    "jeans", "shorts", "leggings", "tights", "pajamas", "stairs", "scales", "series", "news",
)  # fmt: skip
_IRREGULAR = {
    "person": "people", "man": "men", "woman": "women", "child": "children", "mouse": "mice",
    "knife": "knives", "shelf": "shelves", "leaf": "leaves", "loaf": "loaves", "foot": "feet",
    "tooth": "teeth", "goose": "geese", "gas": "gases", "lens": "lenses", "canvas": "canvases",
    "atlas": "atlases", "iris": "irises",
    "cookie": "cookies", "brownie": "brownies", "hoodie": "hoodies", "movie": "movies",
    **dict(zip(_UNCHANGING, _UNCHANGING, strict=True)),
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
_LOOKS_PLURAL = re.compile(r"\w[^sui'’]s$")  # not as dress, bus, tennis and cook's do
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


def one_of_several(
    name: str, vocabulary: Collection[str] = (), *, several: bool = False
) -> str | None:
    """Give the singular of a name in the plural; None where the name means one thing.

    Args:
        name: as it is said.
        vocabulary: names in lower case; a word that is one of them is no plural, unless its
            singular is one as well.
        several: other words say that several are meant; "glasses" are not those that one wears.

    """
    start, noun, rest = _parted(name)
    word = noun.lower()
    if word in _UNCHANGING or word in _IRREGULAR or (name.lower() == "glasses" and not several):
        return None
    stems = [stem for stem in (singular(word), word.removesuffix("s")) if stem != word]
    known = [
        stem
        for stem in stems
        if stem in vocabulary or f"{start}{stem}{rest}".lower() in vocabulary
    ]
    if not known and (word in vocabulary or name.lower() in vocabulary):
        return None
    if not known and word not in _REGULAR and not _LOOKS_PLURAL.search(word):
        return None
    stem = (known or stems)[0]
    return start + (noun[: len(stem)] if word.startswith(stem) else stem) + rest


def _changed(name: str, irregular: Mapping[str, str], endings: _Endings) -> str:
    """Change the noun of a name: as a word of its own, else by its ending."""
    start, last, rest = _parted(name)
    if last in irregular:
        return start + irregular[last] + rest
    for ending, replacement in endings:
        if ending.search(last):
            return start + ending.sub(replacement, last, count=1) + rest
    return name


def _parted(name: str) -> tuple[str, str, str]:
    """Part a name before and after its noun: ``red | cup | of coffee``."""
    head, of, rest = name.partition(" of ")
    start, space, noun = head.rpartition(" ")
    return start + space, noun, of + rest
