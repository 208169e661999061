"""What a text asks for: one or several phrases, or a reason why it cannot be answered.

Everything that an operator types, says or sends as text is read here, so that each interface
understands the same. Politeness and verbs of looking are ignored, "and", commas and semicolons ask
for several things. What nothing here can judge is refused with what can be said instead: an answer
to half of the words would be an answer to another question.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from seem_ros.prompts import Mode, Prompt
from seem_ros.prompts.phrases import (
    A_SIDE,
    ANYTHING,
    JOINT,
    NAMING,
    SIZES,
    WORD,
    Names,
    Phrase,
    phrase_of,
    prepared,
    replaced,
)

_POLITE = (
    "(?:please|kindly|now|ok|okay|(?:can|could|would|will) you|"
    "i (?:want|need|would like|'d like)(?: you)?(?: to)?|i'd like(?: you)?(?: to)?|let me|let us)"
)
_THANKS = "(?:please|thanks|thank you|now|for me|for us|too|as well|(?:right |over )?(?:t?here))"
_VERB = (
    "(?:(?:find|show|segment|detect|locate|highlight|look (?:for|at)|search for|give|get|bring)"
    "(?: me| us)?|where(?: is| are|'s|’s)|is there|are there|do you see|keep track of|"
    "keep looking for)"
)
# Words that are things as well, as in "watch strap": verbs where a thing of its own follows.
_NOUN_OR_VERB = "(?:mark|pick(?: up)?|grab|take|track|follow|watch|select|see|point (?:at|to))"
_BEFORE_A_NAME = (
    "(?=(?:the|a|an|my|your|this|that|these|those|all|both|every|each|some|any|one|two|three|"
    r"first|second|third|last|\d+) )"
)
_PICTURE = (
    "(?:in|on|of) (?:the|this|that|my) "
    "(?:image|picture|photo|photograph|view|scene|screen|frame|camera)"
)
_HERE = "(?:(?:right|over|in) )?(?:there|here)"
_MEASURE = "(?:a |the )?(?:pair|pairs|couple|number) of"
_OF_THEM = "of(?= (?:the|my|your|these|those) )"
_ONE = (
    (f"(?:any )?one {_OF_THEM}", "1"),
    (f"(biggest|largest|smallest|leftmost|rightmost) {_OF_THEM}", r"1 \1"),
    (r"of (?:the )?(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)", "of"),
)
_RELATION = (
    "(?:next to|beside|near|close to|behind|in front of|under|underneath|below|beneath|above|over|"
    "between|among|inside|within|on top of|around|against|opposite|by|with|on|in|at|to|for|"
    f"from(?! (?:the )?{A_SIDE}(?!\\S))|(?:to )?(?:the )?{A_SIDE} of|"
    "who|which|whose|that (?:is|are|has|have))"
)
# Not as in "the standing lamp".
_DOING = (
    r"(?<=\w )(?<!\bthe )(?<!\ba )"
    "(?:holding|wearing|riding|carrying|touching|sitting|standing|lying|facing|containing)"
)
_EXCLUSION = "(?:but not|not|without|except|excluding|but)"
_AND = r"\s*(?<!\S)(?:[,&+]|and|plus|as well as)(?!\S)\s*"
_ARTICLE = re.compile(r"(?:the|a|an|my|your|this|that) ", re.IGNORECASE)
_TOKEN = re.compile(rf"{WORD}|[,&+]")


class NotUnderstoodError(ValueError):
    """The text cannot be answered; the message says why, and what can be said instead."""


def read_phrases(text: str, names: Names = Names()) -> tuple[Phrase, ...]:  # noqa: B008 - frozen
    """Read everything that a text asks for, in its order.

    Args:
        text: what was typed, said or sent.
        names: of the model and of the operator.

    Raises:
        NotUnderstoodError: nothing is named, or more is said than can be judged.

    """
    found = [phrase for part in text.split(";") for phrase in _read_sentence(part, names)]
    if not found:
        raise NotUnderstoodError(f"{text.strip()!r} names nothing: say for example 'red mug'")
    return tuple(dict.fromkeys(found))


def split_prompt(prompt: Prompt, names: Names = Names()) -> tuple[Prompt, ...]:  # noqa: B008 - frozen
    """Make one prompt, with its text in normal form, for each thing that a prompt's text asks for.

    Args:
        prompt: one without a text is returned as it is.
        names: of the model and of the operator.

    Raises:
        NotUnderstoodError: a text cannot be answered, or asks for several things where the prompt
            is about one.

    """
    if prompt.negative_text.strip():
        excluded = read_phrases(prompt.negative_text, names)
        prompt = replace(prompt, negative_text="; ".join(map(str, excluded)))
    if not prompt.text.strip():
        return (prompt,)
    phrases = read_phrases(prompt.text, names)
    if len(phrases) > 1 and (prompt.has_spatial or prompt.instance_id or prompt.mode != Mode.ADD):
        several = " and ".join(map(repr, map(str, phrases)))
        raise NotUnderstoodError(f"one thing cannot be {several}: ask for each apart")
    return tuple(replace(prompt, text=str(phrase)) for phrase in phrases)


def _read_sentence(text: str, names: Names) -> list[Phrase]:
    words = prepared(_TOKEN.findall(text), names)
    _check_script(words, names)
    words = _without_politeness(words)
    for ignored, instead in ((_PICTURE, ""), (_HERE, ""), (_MEASURE, ""), *_ONE):
        words = " ".join(replaced(words, ignored, instead).split())
    _check_judgeable(words, names)
    parts = [part for part in re.split(_AND, words, flags=re.IGNORECASE) if part]
    for part in parts:
        _check_sides(part, names)
    return _completed(parts, names)


def _without_politeness(words: str) -> str:
    """Take politeness and verbs from the beginning, and thanks from the end."""
    before = None
    while words != before:
        before = words
        for pattern in (
            rf"^{_POLITE}(?: |$)",
            rf"^{_VERB}(?: |$)",
            rf"^{_NOUN_OR_VERB} {_BEFORE_A_NAME}",
            rf"(?:^| ){_THANKS}$",
        ):
            words = re.sub(pattern, "", words, flags=re.IGNORECASE).strip(" ,")
    return words


def _check_script(words: str, names: Names) -> None:
    """Refuse words in another script, other than names that the operator gave."""
    for word in words.replace(",", " ").split():
        letters = (letter for letter in word if letter.isalpha())
        foreign = any("LATIN" not in unicodedata.name(letter, "") for letter in letters)
        if foreign and word not in names.joined:
            raise NotUnderstoodError(
                f"{word!r} cannot be read, the model reads English: say its English name, or "
                f"click on it and give it the label {word!r}"
            )


def _check_judgeable(words: str, names: Names) -> None:
    """Refuse what nothing here can judge: relations, exclusions and choices."""
    if said := _words_from(rf"{_RELATION} \S", words) or _words_from(rf"{_DOING} \S", words):
        before = re.split(_AND, words[: words.index(said)], flags=re.IGNORECASE)[-1]
        noun = phrase_of(before, names).noun
        raise NotUnderstoodError(
            f"cannot judge {_shown(said)} between two things: say a side or a number instead, "
            f"such as 'left {noun}' or 'second {noun} from the left', or click on it"
        )
    if said := _words_from(rf"{_EXCLUSION}(?!\S)", words):
        raise NotUnderstoodError(
            f"{_shown(said)} says what is not meant: give that apart, as the negative text"
        )
    if said := _words_from(r"or(?!\S)", words):
        raise NotUnderstoodError(
            f"{_shown(said)} leaves open what is meant: name one thing, or both with 'and'"
        )


def _words_from(pattern: str, words: str) -> str:
    """Give the words from a pattern to the next comma; empty where it does not occur."""
    found = re.search(rf"(?<!\S){pattern}[^,]*", words, re.IGNORECASE)
    return found[0].strip() if found else ""


def _shown(words: str) -> str:
    """Write words for a person."""
    return repr(words.replace(JOINT, " "))


def _check_sides(words: str, names: Names) -> None:
    """Refuse two sides at once, of which only one could be used."""
    said = re.findall(rf"(?<!from )(?<!from the )(?<!\S){A_SIDE}(?!\S)", words, re.IGNORECASE)
    sides = list(dict.fromkeys(phrase_of(word, names).side for word in said))
    if len(sides) > 1:
        noun = phrase_of(words, names).noun
        raise NotUnderstoodError(
            f"{' '.join(sides)!r} are two sides: say one, such as '{sides[0]} {noun}'"
        )


def _completed(parts: list[str], names: Names) -> list[Phrase]:
    """Read the parts; one without a name gets that of the next: "the red and the blue mug"."""
    phrases: list[Phrase] = []
    next_part = ""
    for part in reversed(parts):
        phrase = phrase_of(part, names)
        if not _is_nameless(part, phrase):
            phrases.append(phrase)
        elif phrase != Phrase(ANYTHING):  # not only an article
            following = phrases[-1] if phrases else phrase
            if _describes(phrase, following) and not _ARTICLE.match(next_part):
                phrases[-1:] = [_with_qualities(following, phrase.qualities)]
            else:
                phrases.append(_like(phrase, following))
        next_part = part
    return phrases[::-1]


def _is_nameless(words: str, phrase: Phrase) -> bool:
    return phrase.name == ANYTHING and not {*words.lower().split()} & NAMING


def _describes(phrase: Phrase, following: Phrase) -> bool:
    """Tell "black and white cat" from "the red and the blue cats"."""
    return not following.several and phrase == Phrase(ANYTHING, phrase.qualities)


def _with_qualities(phrase: Phrase, qualities: tuple[str, ...]) -> Phrase:
    together = dict.fromkeys((*qualities, *phrase.qualities))
    return replace(phrase, qualities=tuple(sorted(together, key=lambda word: word not in SIZES)))


def _like(phrase: Phrase, following: Phrase) -> Phrase:
    """Give a phrase the name of the next, and where that counts from."""
    return replace(
        phrase,
        name=following.name,
        every=phrase.every or (following.every and not phrase.ordinal and not phrase.count),
        counted_from=phrase.counted_from or (following.counted_from if phrase.ordinal else ""),
    )
