"""Names that an operator gives to things."""

from __future__ import annotations

import re

from seem_ros.prompts.phrases import words_of

LONGEST = 80  # characters
_ARTICLE = re.compile(r"(?:the|a|an) (?=\S)", re.IGNORECASE)


def clean_name(name: str) -> str:
    """Return a name as it is kept: without an article and without needless spaces.

    Raises:
        ValueError: nothing can be called so, and why.
    """
    cleaned = _ARTICLE.sub("", " ".join(name.split()), count=1)
    if not words_of(cleaned):
        raise ValueError(f"{name!r} is no name: give words, such as 'blue screwdriver'")
    if len(cleaned) > LONGEST:
        raise ValueError(f"a name has at most {LONGEST} characters, this one has {len(cleaned)}")
    if ";" in cleaned or not cleaned.isprintable():
        raise ValueError(f"{name!r} cannot be a name: ';' parts names, and only letters are shown")
    return cleaned


def key_of(name: str) -> str:
    """Return what two names have in common that mean the same thing: words in lower case."""
    return " ".join(words_of(_ARTICLE.sub("", " ".join(name.split()), count=1))).casefold()
