"""The notation of the rules in config/voice/*.yaml and their syntax trees.

The notation is the right-hand side of a JSGF rule (JSpeech Grammar Format, W3C note of 5 June
2000): words, ``<rule>``, ``[optional]``, ``(group)``, ``a | b``, ``x*`` and ``x+``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lark import Lark, Transformer
from lark.exceptions import UnexpectedInput

_NOTATION = r"""
    ?alternatives: sequence ("|" sequence)*
    ?sequence: repeated+
    ?repeated: atom
        | atom "*" -> many
        | atom "+" -> some
    ?atom: WORD -> word
        | "<" NAME ">" -> reference
        | "[" alternatives "]" -> optional
        | "(" alternatives ")"
    NAME: /[a-z_][a-z0-9_]*/
    WORD: /[^\s<>\[\]()|*+]+/
    %ignore /\s+/
"""


@dataclass(frozen=True)
class Word:
    """One spoken word."""

    text: str


@dataclass(frozen=True)
class Reference:
    """The name of another rule or of a word class."""

    name: str


@dataclass(frozen=True)
class Sequence:
    """Parts that follow each other; no parts is the empty phrase."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """Exactly one of the options; no options can never be said."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Many:
    """The part any number of times, also not at all."""

    part: Node


Node = Word | Reference | Sequence | Choice | Many
EMPTY = Sequence(())
NEVER = Choice(())


class _Builder(Transformer):
    """Turn Lark's tree of one rule into nodes."""

    def word(self, children: list) -> Node:
        return Word(str(children[0]))

    def reference(self, children: list) -> Node:
        return Reference(str(children[0]))

    def optional(self, children: list) -> Node:
        return Choice((children[0], EMPTY))

    def many(self, children: list) -> Node:
        return Many(children[0])

    def some(self, children: list) -> Node:
        return Sequence((children[0], Many(children[0])))

    def sequence(self, children: list) -> Node:
        return Sequence(tuple(children))

    def alternatives(self, children: list) -> Node:
        return Choice(tuple(children))


@lru_cache(maxsize=1)
def _notation() -> Lark:
    return Lark(_NOTATION, start="alternatives", parser="lalr")


def parse_rule(text: str) -> Node:
    """Read the right-hand side of a rule.

    Raises:
        ValueError: the text does not follow the notation; says where.

    """
    try:
        return _Builder().transform(_notation().parse(text))
    except UnexpectedInput as error:
        where = error.get_context(text).strip("\n")
        raise ValueError(f"rule {text!r} cannot be read here:\n{where}") from None


def phrase(text: str) -> Node:
    """Make the node of a fixed phrase: its words in a row."""
    words = tuple(Word(word) for word in text.split())
    return words[0] if len(words) == 1 else Sequence(words)


def leaves(node: Node) -> Iterator[Word | Reference]:
    """Yield the words and references of a node in their order."""
    match node:
        case Word() | Reference():
            yield node
        case Sequence(children) | Choice(children):
            for child in children:
                yield from leaves(child)
        case Many(part):
            yield from leaves(part)


def without(node: Node, names: frozenset[str]) -> Node:
    """Leave out every phrase that needs one of the named rules."""
    match node:
        case Reference(name):
            return NEVER if name in names else node
        case Sequence(parts):
            kept = tuple(without(part, names) for part in parts)
            return NEVER if NEVER in kept else Sequence(kept)
        case Choice(options):
            possible = (without(option, names) for option in options)
            return Choice(tuple(option for option in possible if option != NEVER))
        case Many(part):
            kept_part = without(part, names)
            return EMPTY if kept_part == NEVER else Many(kept_part)
    return node
