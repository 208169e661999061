"""Unfold rules into example sentences: the phrase list from which Vosk makes its word pairs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice

from seem_ros.speech.grammar.rules import Choice, Many, Node, Reference, Sequence, Word

Words = tuple[str, ...]


def sentences(rules: Mapping[str, Node], root: str) -> list[str]:
    """List sentences such that every alternative of every rule occurs in at least one.

    The rules must not refer to themselves.
    """
    memory: dict[str, list[Words]] = {}
    unfolded = _unfold(Reference(root), rules, memory)
    return [" ".join(words) for words in dict.fromkeys(unfolded) if words]


def _unfold(node: Node, rules: Mapping[str, Node], memory: dict[str, list[Words]]) -> list[Words]:
    match node:
        case Word(text):
            return [(text,)]
        case Reference(name):
            if name not in memory:
                memory[name] = _unfold(rules[name], rules, memory)
            return memory[name]
        case Choice(options):
            unfolded = [_unfold(option, rules, memory) for option in options]
            return list(dict.fromkeys(words for option in unfolded for words in option))
        case Many(part):
            return [(), *_unfold(part, rules, memory)]
        case Sequence(parts):
            return _zipped([_unfold(part, rules, memory) for part in parts])
    raise TypeError(f"{node!r} is no node of a rule")


def _zipped(columns: list[list[Words]]) -> list[Words]:
    """Join the columns row by row, repeating the shorter ones: all of each, not all pairs."""
    if not columns:
        return [()]
    if not all(columns):
        return []
    length = max(map(len, columns))
    rows = zip(*(islice(cycle(column), length) for column in columns), strict=True)
    return [tuple(word for part in row for word in part) for row in rows]
