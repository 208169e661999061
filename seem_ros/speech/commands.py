"""Command: what a sentence asks for, read off the syntax tree of the grammar."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from lark import Tree

from seem_ros.prompts.phrases import Phrase
from seem_ros.speech.grammar import CommandGrammar, NotACommandError

GENERIC = "object"
_QUALITIES = ("size", "colour", "material")


class Verb(str, enum.Enum):
    """What to do. The values appear in Heard.msg ``command`` and in the output of ``listen``."""

    SEGMENT = "segment"
    TRACK = "track"
    PICK = "pick"
    EXCLUDE = "exclude"
    RENAME = "rename"
    SELECT = "select"
    REMOVE = "remove"
    UNDO = "undo"
    RESET = "reset"
    STOP = "stop"
    RESUME = "resume"
    YES = "yes"
    NO = "no"
    WAKE = "wake"


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        verb: what to do.
        targets: the things it is about; none where it is about the selected instance.
        excluded: what is not meant.
        number: an instance id that was said; 0 is none.
        relation: words that relate two things ("next to the laptop"), which nothing here can
            judge; empty is none.
        woken: the sentence began with a wake phrase.

    """

    verb: Verb
    targets: tuple[Phrase, ...] = ()
    excluded: Phrase | None = None
    number: int = 0
    relation: str = ""
    woken: bool = False

    @property
    def phrase(self) -> str:
        """The things it is about, in normal form, for people to read."""
        if self.number:
            return str(self.number)
        named = self.targets or ((self.excluded,) if self.excluded else ())
        return " and ".join(map(str, named))


def parse(grammar: CommandGrammar, text: str, *, open_names: bool = False) -> Command:
    """Understand a text.

    Args:
        grammar: the language and its names.
        text: what was said or typed; case, punctuation and fillers do not matter.
        open_names: accept unknown words as names (typed text, free-form recognition).

    Raises:
        NotACommandError: the text follows no rule.

    """
    words = grammar.normalise(text)
    if not words:
        raise NotACommandError("no words")
    try:
        return _Reader(grammar, words).command(grammar.tree(words))
    except NotACommandError:
        if not open_names:
            raise
    tree = grammar.tree(words, open_names=True)
    if _find(tree, "bare"):  # any text would be a name
        raise NotACommandError(f"{words!r} has no verb and no known name")
    return _Reader(grammar, words).command(tree)


class _Reader:
    """Reads the tree of one sentence."""

    def __init__(self, grammar: CommandGrammar, words: str) -> None:
        self._language = grammar.language
        self._words = words

    def command(self, root: Tree) -> Command:
        woken = bool(_find(root, "wake"))
        for answer, verb in (("yes_answer", Verb.YES), ("no_answer", Verb.NO)):
            if _find(root, answer):
                return Command(verb, woken=woken)
        found = _find(root, "command")
        if not found:
            return Command(Verb.WAKE, woken=True)
        node = found[0].children[0]
        verb = Verb.SEGMENT if node.data == "bare" else Verb(str(node.data))
        return replace(self._said(verb, node), woken=woken)

    def _said(self, verb: Verb, node: Tree) -> Command:
        excluded = [self._phrase(child) for child in _find(node, "excluded", "object")]
        targets = [self._phrase(child) for child in _objects(node)]
        if verb == Verb.EXCLUDE:
            if not targets or targets == [Phrase(GENERIC)]:
                return Command(Verb.REMOVE)
            targets, excluded = [], targets
        if verb in (Verb.SELECT, Verb.REMOVE) and targets and _counts(targets[0]):
            return Command(verb, number=targets[0].ordinal)
        return Command(
            verb,
            targets=tuple(targets),
            excluded=excluded[0] if excluded else None,
            number=0 if targets else self._number(node),
            relation=self._relation(node),
        )

    def _phrase(self, node: Tree) -> Phrase:
        thing = _without(node, "related")
        return Phrase(
            name=self._name(thing),
            qualities=tuple(word for kind in _QUALITIES for word in self._values(thing, kind)),
            side=self._last(_without(thing, "counted_from"), "side"),
            ordinal=int(self._last(thing, "ordinal") or 0),
            counted_from=self._last(thing, "side") if _find(thing, "counted_from") else "",
            count=self._number(thing),
            every=bool(_find(thing, "every") or _find(thing, "some")),
        )

    def _name(self, node: Tree) -> str:
        for kind, forms in (("name", self._language.names), ("plural", self._language.plurals)):
            for found in _find(node, kind):
                spoken = _text(found)
                return forms.get(spoken, spoken)
        return GENERIC

    def _number(self, node: Tree) -> int:
        for found in _find(node, "number"):
            spoken = _text(found)
            return int(self._language.classes["number"].get(spoken, spoken))
        return 0

    def _values(self, node: Tree, kind: str) -> list[str]:
        return [self._language.classes[kind][_text(found)] for found in _find(node, kind)]

    def _last(self, node: Tree, kind: str) -> str:
        return next(iter(reversed(self._values(node, kind))), "")

    def _relation(self, node: Tree) -> str:
        """Give the words from the relation to the end of what it relates to."""
        for found in _find(node, "related"):
            return " ".join(self._words[found.meta.start_pos : found.meta.end_pos].split())
        return ""


def _counts(phrase: Phrase) -> bool:
    """Tell "the second one" and "that one", which mean instances, from "the second red cup"."""
    return phrase == Phrase(GENERIC, ordinal=max(0, phrase.ordinal))


def _find(node: Tree, *path: str) -> list[Tree]:
    """Find the nodes of a kind below a node, or of a kind below nodes of another kind."""
    found = [node]
    for kind in path:
        found = [child for parent in found for child in _below(parent) if child.data == kind]
    return found


def _below(node: Tree) -> list[Tree]:
    """List all nodes below a node, in the order of the words."""
    children = [child for child in node.children if isinstance(child, Tree)]
    return [found for child in children for found in (child, *_below(child))]


def _without(node: Tree, kind: str) -> Tree:
    """Copy a tree without the nodes of a kind."""
    kept = [
        _without(child, kind) if isinstance(child, Tree) else child
        for child in node.children
        if not (isinstance(child, Tree) and child.data == kind)
    ]
    return Tree(node.data, kept)


def _objects(node: Tree) -> list[Tree]:
    return _find(_without(node, "excluded"), "object")


def _text(node: Tree) -> str:
    """Join the words of a node."""
    return " ".join(" ".join(node.scan_values(lambda _: True)).split())
