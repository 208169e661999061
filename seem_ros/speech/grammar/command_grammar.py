"""CommandGrammar: one definition of the commands, written out for every reader.

* :meth:`CommandGrammar.tree` parses a text (Lark, Earley: the rules may be ambiguous).
* :meth:`CommandGrammar.automaton` is the word network for pocketsphinx.
* :meth:`CommandGrammar.phrases` is the phrase list for Vosk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from lark import Lark, Tree
from lark.exceptions import LarkError

from seem_ros.speech.grammar import phrase_list
from seem_ros.speech.grammar.automaton import Automaton, compile_rules
from seem_ros.speech.grammar.language import Language
from seem_ros.speech.grammar.rules import (
    EMPTY,
    Choice,
    Many,
    Node,
    Reference,
    Sequence,
    Word,
    leaves,
    phrase,
    without,
)

ROOT = "utterance"


class NotACommandError(ValueError):
    """The text follows no rule."""


class CommandGrammar:
    """The commands of one language with its names.

    Args:
        language: words, names and rules.
        wake_word: whether what is listened for has to start with a wake phrase. In a text it may
            always be there.

    """

    def __init__(self, language: Language, *, wake_word: bool = False) -> None:
        self.language = language
        self.wake_word = wake_word

    def normalise(self, text: str) -> str:
        """Lower the case, and drop punctuation and words that mean nothing."""
        table = str.maketrans(dict.fromkeys(self.language.punctuation, " "))
        words = text.lower().translate(table).split()
        kept = (self._stem(word) for word in words if word not in self.language.ignored)
        return " ".join(kept)

    def _stem(self, word: str) -> str:
        """Take an ending off a word, such as the particle of a Korean noun."""
        if word not in self._known_words:
            for ending in self.language.endings:
                if word.endswith(ending) and word[: -len(ending)] in self._known_words:
                    return word[: -len(ending)]
        return word

    @cached_property
    def _fixed_words(self) -> frozenset[str]:
        """All words that mean something else than a name."""
        parts = [leaf for node in self.language.rules.values() for leaf in leaves(node)]
        of_rules = frozenset(leaf.text for leaf in parts if isinstance(leaf, Word))
        forms = (form for spoken in self.language.classes.values() for form in spoken)
        return of_rules | _words_of(forms)

    @cached_property
    def _known_words(self) -> frozenset[str]:
        language = self.language
        return self._fixed_words | _words_of([*language.names, *language.plurals, *language.wake])

    def tree(self, text: str, *, open_names: bool = False) -> Tree:
        """Parse a normalised text.

        Args:
            text: the words, separated by one space.
            open_names: accept any words, that mean nothing else, as a name.

        Raises:
            NotACommandError: the text follows no rule.

        """
        parser = self._open_parser if open_names else self._parser
        try:
            return parser.parse(text)
        except LarkError as error:
            raise NotACommandError(f"{text!r} follows no rule: {error}") from None

    def automaton(self, *, answers: bool = False) -> Automaton:
        """Compile the word network; with the answers while a question is open."""
        return compile_rules(self._spoken_rules(answers), ROOT)

    def phrases(self, *, answers: bool = False) -> list[str]:
        """List sentences in which every alternative of the grammar occurs at least once."""
        return phrase_list.sentences(self._spoken_rules(answers), ROOT)

    def words(self) -> set[str]:
        """Every word that the recogniser listens for."""
        return {word for text in self.phrases(answers=True) for word in text.split()}

    def _spoken_rules(self, answers: bool) -> dict[str, Node]:
        wake = _class_node(self.language.wake)
        if not self.wake_word:
            wake = Choice((wake, EMPTY))
        sentences: list[Node] = [Sequence((wake, Reference("sentence")))]
        if answers:
            sentences += [Reference("yes_answer"), Reference("no_answer")]
        rules = {
            name: without(node, self.language.text_only)
            for name, node in self.language.rules.items()
            if name not in self.language.text_only
        }
        classes = {kind: _class_node(forms) for kind, forms in self.language.forms.items()}
        return {ROOT: Choice(tuple(sentences)), **rules, **classes}

    @cached_property
    def _parser(self) -> Lark:
        return _lark(self.language)

    @cached_property
    def _open_parser(self) -> Lark:
        taken = "|".join(re.escape(word) for word in sorted(self._fixed_words))
        return _lark(self.language, rf"(?!(?:{taken})(?!\S))\S+")


def _class_node(forms: Iterable[str]) -> Node:
    """Make the node of a word class: one of its spoken forms; digits are not spoken."""
    return Choice(tuple(phrase(form) for form in forms if not form.replace(" ", "").isdigit()))


def _words_of(forms: Iterable[str]) -> frozenset[str]:
    return frozenset(word for form in forms for word in form.split())


def _lark(language: Language, open_word: str = "") -> Lark:
    """Make the parser of a language; with a pattern of the words of names that are not listed."""
    return Lark(
        _lark_grammar(language, open_word),
        start=ROOT,
        parser="earley",
        lexer="dynamic",
        propagate_positions=True,
    )


def _lark_grammar(language: Language, open_word: str) -> str:
    """Write the rules for Lark. A terminal is a whole word or phrase, never the start of one."""
    literals: dict[str, str] = {}
    lines = [f"{ROOT}: wake? (sentence | yes_answer | no_answer) | wake"]
    lines += [f"{name}: {_lark_node(node, literals)}" for name, node in language.rules.items()]
    for name, spoken in {**language.forms, "wake": language.wake}.items():
        patterns = [re.escape(form) for form in sorted(spoken, key=len, reverse=True)]
        patterns += [r"\d+"] if name == "number" else []
        open_form = " | open_name" if open_word and name == "name" else ""
        lines += [f"{name}: {name.upper()}{open_form}"]
        lines += [_terminal(name.upper(), "|".join(patterns) or r"(?!)")]
    lines += ["open_name: OPEN+", _terminal("OPEN", open_word)] if open_word else []
    lines += [_terminal(terminal, re.escape(word)) for word, terminal in literals.items()]
    return "\n".join([*lines, r"%ignore / +/"]) + "\n"


def _terminal(name: str, pattern: str) -> str:
    escaped = pattern.replace("/", r"\/").replace(r"\ ", " ")
    return rf"{name}: /(?:{escaped})(?!\S)/"


def _lark_node(node: Node, literals: dict[str, str]) -> str:
    match node:
        case Word(text):
            return literals.setdefault(text, f"_WORD_{len(literals)}")
        case Reference(name):
            return name
        case Sequence(parts):
            return "(" + " ".join(_lark_node(part, literals) for part in parts) + ")"
        case Choice(options):
            return "(" + " | ".join(_lark_node(option, literals) for option in options) + ")"
        case Many(part):
            return f"({_lark_node(part, literals)})*"
    raise TypeError(f"{node!r} is no node of a rule")
