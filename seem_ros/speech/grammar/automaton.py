"""Compile rules into the smallest word automaton: what a recogniser of sentences searches.

A JSGF grammar repeats a rule wherever it is named, which makes pocketsphinx build a network tens
of times larger than needed. Here a state is what may still be said, so equal rests become one
state (partial derivatives: Antimirov, Theoretical Computer Science 155, 1996).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from seem_ros.speech.grammar.rules import Choice, Many, Node, Reference, Sequence, Word

Rest = tuple[int, ...]
Arcs = list[dict[str, int]]


@dataclass(frozen=True)
class Automaton:
    """A deterministic word automaton; state 0 is the start.

    Attributes:
        arcs: of every state, the next state by word.
        final: states in which a sentence may end.

    """

    arcs: tuple[Mapping[str, int], ...]
    final: frozenset[int]

    def accepts(self, words: list[str]) -> bool:
        """Tell whether the words are a sentence."""
        state = 0
        for word in words:
            if word not in self.arcs[state]:
                return False
            state = self.arcs[state][word]
        return state in self.final


def compile_rules(rules: Mapping[str, Node], root: str) -> Automaton:
    """Compile the sentences of a rule. The rules must not refer to themselves."""
    reader = _Rests(rules)
    start = frozenset([reader.rest([Reference(root)])])
    numbers: dict[frozenset[Rest], int] = {start: 0}
    arcs: Arcs = []
    for state in _growing(numbers):
        following: dict[str, set[Rest]] = {}
        for rest in state:
            for word, after in reader.firsts(rest):
                following.setdefault(word, set()).add(after)
        arcs.append(
            {
                word: numbers.setdefault(frozenset(rests), len(numbers))
                for word, rests in following.items()
            }
        )
    final = {n for state, n in numbers.items() if any(reader.may_end(rest) for rest in state)}
    return _smallest(arcs, final)


def _growing(numbers: dict[frozenset[Rest], int]) -> Iterator[frozenset[Rest]]:
    """Yield the states in the order of their numbers, also those added meanwhile."""
    done = 0
    while done < len(numbers):
        fresh = list(numbers)[done:]
        yield from fresh
        done += len(fresh)


class _Rests:
    """What can be said first in a rest of a sentence, and what is left then.

    A rest names its nodes by number: comparing numbers is much faster than comparing trees.
    """

    def __init__(self, rules: Mapping[str, Node]) -> None:
        self._rules = rules
        self._nodes: list[Node] = []
        self._numbers: dict[int, int] = {}
        self.firsts = lru_cache(maxsize=None)(self._firsts)

    def rest(self, nodes: Iterable[Node]) -> Rest:
        """Number the nodes of a rest; the same object always has the same number."""
        return tuple(map(self._number, nodes))

    def _number(self, node: Node) -> int:
        if id(node) not in self._numbers:
            self._numbers[id(node)] = len(self._nodes)
            self._nodes.append(node)
        return self._numbers[id(node)]

    def _firsts(self, rest: Rest) -> frozenset[tuple[str, Rest]]:
        if not rest:
            return frozenset()
        head, tail = self._nodes[rest[0]], rest[1:]
        match head:
            case Word(text):
                return frozenset([(text, tail)])
            case Reference(name):
                return self.firsts(self.rest([self._rules[name]]) + tail)
            case Sequence(parts):
                return self.firsts(self.rest(parts) + tail)
            case Choice(options):
                rests = (self.rest([option]) + tail for option in options)
                return frozenset().union(*map(self.firsts, rests))
            case Many(part):
                return self.firsts(tail) | self.firsts(self.rest([part]) + rest)
        raise TypeError(f"{head!r} is no node of a rule")

    def may_end(self, rest: Rest) -> bool:
        """Tell whether nothing more needs to be said."""
        return all(self._may_be_silent(self._nodes[number]) for number in rest)

    def _may_be_silent(self, node: Node) -> bool:
        match node:
            case Reference(name):
                return self._may_be_silent(self._rules[name])
            case Sequence(parts):
                return all(map(self._may_be_silent, parts))
            case Choice(options):
                return any(map(self._may_be_silent, options))
        return isinstance(node, Many)


def _smallest(arcs: Arcs, final: set[int]) -> Automaton:
    """Merge the states that cannot be told apart (Moore's refinement)."""
    groups = [int(state in final) for state in range(len(arcs))]
    while True:
        signatures = [
            (groups[state], frozenset((word, groups[after]) for word, after in out.items()))
            for state, out in enumerate(arcs)
        ]
        order = {signature: n for n, signature in enumerate(dict.fromkeys(signatures))}
        refined = [order[signature] for signature in signatures]
        if len(order) == len(set(groups)):
            break
        groups = refined
    merged: dict[int, dict[str, int]] = {}
    for state, out in enumerate(arcs):
        merged[refined[state]] = {word: refined[after] for word, after in out.items()}
    return Automaton(
        arcs=tuple(merged[state] for state in sorted(merged)),
        final=frozenset(refined[state] for state in final),
    )
