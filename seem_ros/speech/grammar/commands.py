"""Command: what a sentence asks for, read off the syntax tree of the grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lark import Tree

from seem_ros.prompts.phrases import ANYTHING, Phrase, parse_phrase
from seem_ros.speech.grammar.command_grammar import CommandGrammar, NotACommandError
from seem_ros.speech.grammar.language import CLASSES, Verb


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
    if any(_find(tree, "bare")):  # any text would be a name
        raise NotACommandError(f"{words!r} has no verb and no known name")
    return _Reader(grammar, words).command(tree)


class _Reader:
    """Reads the tree of one sentence."""

    def __init__(self, grammar: CommandGrammar, words: str) -> None:
        self._forms = grammar.language.forms
        self._words = words

    def command(self, root: Tree) -> Command:
        woken = any(_find(root, "wake"))
        for answer, verb in (("yes_answer", Verb.YES), ("no_answer", Verb.NO)):
            if any(_find(root, answer)):
                return Command(verb, woken=woken)
        for found in _find(root, "command"):
            (node,) = (child for child in found.children if isinstance(child, Tree))
            verb = Verb.SEGMENT if node.data == "bare" else Verb(str(node.data))
            return replace(self._said(verb, node), woken=woken)
        return Command(Verb.WAKE, woken=True)

    def _said(self, verb: Verb, node: Tree) -> Command:
        excluded = [self._phrase(e) for each in _find(node, "excluded") for e in _objects(each)]
        targets = [self._phrase(each) for each in _objects(_without(node, "excluded"))]
        if verb == Verb.EXCLUDE:
            if not targets or targets == [Phrase(ANYTHING)]:
                return Command(Verb.REMOVE)
            targets, excluded = [], targets
        if verb in (Verb.SELECT, Verb.REMOVE) and targets and _counts(targets[0]):
            return Command(verb, number=targets[0].ordinal)
        number = "" if targets else next(self._meanings(node, "number"), "")
        return Command(
            verb,
            targets=tuple(targets),
            excluded=excluded[0] if excluded else None,
            number=int(number or 0),
            relation=self._relation(node),
        )

    def _phrase(self, node: Tree) -> Phrase:
        """Give what is said of a thing, in the words of prompts, to the parser of prompts."""
        thing = _without(node, "related")
        said = parse_phrase(" ".join([*self._attributes(thing), ANYTHING]))
        names = [*self._meanings(thing, "name"), *self._meanings(thing, "plural"), ANYTHING]
        return said.named(names[0])

    def _attributes(self, thing: Tree) -> Iterator[str]:
        for part in thing.iter_subtrees_topdown():
            if part.data in ("every", "some"):
                yield "all"
            elif part.data == "counted_from":
                yield "from"
            elif part.data in CLASSES:
                yield self._meaning(part)

    def _meanings(self, node: Tree, kind: str) -> Iterator[str]:
        return map(self._meaning, _find(node, kind))

    def _meaning(self, node: Tree) -> str:
        """Look up what the words of a class or a name mean; digits and open names are said so."""
        spoken = _text(node)
        return self._forms[str(node.data)].get(spoken, spoken)

    def _relation(self, node: Tree) -> str:
        """Give the words from the relation to the end of what it relates to."""
        for found in _find(node, "related"):
            return " ".join(self._words[found.meta.start_pos : found.meta.end_pos].split())
        return ""


def _counts(phrase: Phrase) -> bool:
    """Tell "the second one" and "that one", which mean instances, from "the second red cup"."""
    return phrase == Phrase(ANYTHING, ordinal=max(0, phrase.ordinal))


def _find(node: Tree, kind: str) -> Iterator[Tree]:
    """Find the nodes of a kind, in the order of the words."""
    return (found for found in node.iter_subtrees_topdown() if found.data == kind)


def _without(node: Tree, kind: str) -> Tree:
    """Copy a tree without the nodes of a kind."""
    kept = [
        _without(child, kind) if isinstance(child, Tree) else child
        for child in node.children
        if not (isinstance(child, Tree) and child.data == kind)
    ]
    return Tree(node.data, kept)


def _objects(node: Tree) -> Sequence[Tree]:
    """Find the things that are named; those that are not meant have a rule of their own."""
    return [*_find(node, "object")] or [*_find(node, "uncounted")]


def _text(node: Tree) -> str:
    """Join the words of a node."""
    return " ".join(" ".join(node.scan_values(lambda _: True)).split())
