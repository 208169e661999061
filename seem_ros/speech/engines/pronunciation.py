"""Pronunciations of English words that the dictionary lacks, in the phones of CMUdict."""

from __future__ import annotations

from collections.abc import Callable

Lookup = Callable[[str], str | None]

_VOICELESS = {"P", "T", "K", "F", "TH"}
_HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
_SHORTEST_PART = 3
_SHORTEST_SPELLED = 2

# Longest first: the usual sound of letter groups. A final silent e is handled apart.
_LETTERS = {
    "tion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "ight": "AY T",
    "igh": "AY", "tch": "CH", "dge": "JH", "sch": "SK", "ough": "AO", "augh": "AO",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W",
    "kn": "N", "wr": "R", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY",
    "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO", "oa": "OW", "ie": "IY",
    "ei": "EY", "ey": "IY", "ue": "UW", "ew": "UW", "ar": "AA R", "or": "AO R", "er": "ER",
    "ir": "ER", "ur": "ER", "ce": "S EH", "ci": "S IH", "cy": "S IY", "ge": "JH EH",
    "gi": "JH IH", "bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M",
    "nn": "N", "pp": "P", "rr": "R", "ss": "S", "tt": "T", "zz": "Z",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R",
    "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_LONG_VOWELS = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}
_LONGEST_GROUP = max(map(len, _LETTERS))


def pronounce(word: str, lookup: Lookup) -> str | None:
    """Make a pronunciation: from known parts of the word, else letter by letter.

    Args:
        word: lower case.
        lookup: gives the pronunciation of a word of the dictionary, or None.

    Returns:
        phones separated by spaces; None for a word with anything but the letters a to z.

    """
    if not (word.isascii() and word.isalpha() and len(word) >= _SHORTEST_SPELLED):
        return None
    return _plural(word, lookup) or _compound(word, lookup) or _by_letters(word)


def _plural(word: str, lookup: Lookup) -> str | None:
    if not word.endswith("s") or word.endswith("ss"):
        return None
    single = lookup(word[:-1]) or _compound(word[:-1], lookup)
    if single is None:
        return None
    last = single.split()[-1]
    if last in _HISSING:
        return f"{single} IH Z"
    return f"{single} {'S' if last in _VOICELESS else 'Z'}"


def _compound(word: str, lookup: Lookup) -> str | None:
    for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, second = lookup(word[:cut]), lookup(word[cut:])
        if first and second:
            return f"{first} {second}"
    return None


def _by_letters(word: str) -> str:
    """Apply the letter rules; a vowel, a consonant and a final e make the vowel long."""
    phones: list[str] = []
    silent_e = len(word) > 3 and word[-1] == "e" and word[-2] not in "aeiou"
    stop = len(word) - 1 if silent_e else len(word)
    place = 0
    while place < stop:
        if silent_e and place == stop - 2 and word[place] in _LONG_VOWELS:
            phones.append(_LONG_VOWELS[word[place]])
            place += 1
            continue
        group = next(
            word[place : place + size]
            for size in range(min(_LONGEST_GROUP, stop - place), 0, -1)
            if word[place : place + size] in _LETTERS
        )
        phones.append(_LETTERS[group])
        place += len(group)
    return " ".join(phones)
