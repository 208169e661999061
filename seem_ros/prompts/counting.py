"""What an operator is told about the things that were found for a phrase: which of how many."""

from __future__ import annotations

from seem_ros.prompts.nouns import plural
from seem_ros.prompts.phrases import NUMBERS, ORDINALS, Phrase

_NUMBER_WORDS = {1: "one", **{number: word for word, number in NUMBERS.items()}}
_LARGEST = {"big": "biggest", "small": "smallest"}
_OUTERMOST = {
    "left": "leftmost", "right": "rightmost", "top": "topmost", "bottom": "lowest",
    "middle": "middle",
}  # fmt: skip


def choice(phrase: Phrase, found: int) -> str:
    """Say which things a phrase chose: "second of three handbags", "leftmost of two cups".

    Args:
        phrase: what was asked for.
        found: how many things have its name and colour, before side, size, order and number
            choose among them; at least as many as it needs (see :func:`shortage`).

    """
    things = _counted(phrase, found)
    sizes = [_LARGEST[word] for word in phrase.qualities if word in _LARGEST]
    if phrase.ordinal and not phrase.several:
        side = phrase.counted_from or phrase.side
        return f"{ORDINALS[phrase.ordinal]} of {things}" + (f" from the {side}" if side else "")
    if phrase.side and not phrase.several:
        return f"{_OUTERMOST[phrase.side]} of {things}"
    if phrase.count:
        return f"{_number(min(phrase.count, found))} of {things}"
    if sizes and not phrase.several:
        return f"{sizes[0]} of {things}"
    return things


def shortage(phrase: Phrase, found: int) -> str:
    """Say that there are fewer things than a phrase needs; empty where there are enough."""
    if found >= max(phrase.ordinal, phrase.count, 1):
        return ""
    if not found:
        return f"there is no {_described(phrase, 1)}"
    ordered = phrase.ordinal > found
    missing = f"no {ORDINALS[phrase.ordinal]} one" if ordered else f"not {_number(phrase.count)}"
    return f"there {'is' if found == 1 else 'are'} only {_counted(phrase, found)}, {missing}"


def _counted(phrase: Phrase, found: int) -> str:
    return f"{_number(found)} {_described(phrase, found)}"


def _described(phrase: Phrase, found: int) -> str:
    colours = [word for word in phrase.qualities if word not in _LARGEST]
    return " ".join([*colours, phrase.name if found == 1 else plural(phrase.name)])


def _number(count: int) -> str:
    return _NUMBER_WORDS.get(count, str(count))
