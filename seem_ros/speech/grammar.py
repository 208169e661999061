"""CommandGrammar: one definition of the commands, written out for every reader.

* :meth:`CommandGrammar.tree` parses a text (Lark, Earley: the rules may be ambiguous).
* :meth:`CommandGrammar.jsgf` is the grammar for recognisers that take JSGF (pocketsphinx).
* :meth:`CommandGrammar.phrases` is the phrase list for Vosk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from lark import Lark, Tree
from lark.exceptions import LarkError

from seem_ros.speech import jsgf, phrase_list
from seem_ros.speech.automaton import Automaton, compile_rules
from seem_ros.speech.language import CLASSES, Language, class_node
from seem_ros.speech.rules import Choice, Many, Node, Reference, Sequence, Word, without

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
    def _known_words(self) -> frozenset[str]:
        language = self.language
        forms = [*language.names, *language.plurals, *language.wake]
        forms += [form for spoken in language.classes.values() for form in spoken]
        fixed = {word.text for node in language.rules.values() for word in _words(node)}
        return frozenset(word for form in forms for word in form.split()) | fixed

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

    def jsgf(self, *, answers: bool = False) -> str:
        """Write the grammar as JSGF; with the answers while a question is open."""
        return jsgf.write(self._spoken_rules(answers), ROOT, self.language.code)

    def automaton(self, *, answers: bool = False) -> Automaton:
        """Compile the grammar for recognisers that take a finite-state network."""
        return compile_rules(self._spoken_rules(answers), ROOT)

    def phrases(self, *, answers: bool = False) -> list[str]:
        """List sentences in which every alternative of the grammar occurs at least once."""
        return phrase_list.sentences(self._spoken_rules(answers), ROOT)

    def words(self) -> set[str]:
        """Every word that the recogniser listens for."""
        return {word for text in self.phrases(answers=True) for word in text.split()}

    def _spoken_rules(self, answers: bool) -> dict[str, Node]:
        wake: Node = class_node(self.language.wake)
        if not self.wake_word:
            wake = Choice((wake, Sequence(())))
        sentences: list[Node] = [Sequence((wake, Reference("sentence")))]
        if answers:
            sentences += [Reference("yes_answer"), Reference("no_answer")]
        rules = {
            name: without(node, self.language.text_only)
            for name, node in self.language.rules.items()
            if name not in self.language.text_only
        }
        return {ROOT: Choice(tuple(sentences)), **rules, **self._classes()}

    def _classes(self) -> dict[str, Node]:
        forms = {
            **{kind: self.language.classes[kind] for kind in CLASSES},
            "name": self.language.names,
            "plural": self.language.plurals,
        }
        return {name: class_node(_sayable(spoken)) for name, spoken in forms.items()}

    @cached_property
    def _parser(self) -> Lark:
        return self._lark({})

    @cached_property
    def _open_parser(self) -> Lark:
        fixed = {word.text for node in self.language.rules.values() for word in _words(node)}
        fixed |= {
            word
            for spoken in self.language.classes.values()
            for form in spoken
            for word in form.split()
        }
        taken = "|".join(re.escape(word) for word in sorted(fixed))
        return self._lark({"OPEN": rf"(?!(?:{taken})(?!\S))\S+"})

    def _lark(self, extra: Mapping[str, str]) -> Lark:
        return Lark(
            _lark_grammar(self.language, extra),
            start=ROOT,
            parser="earley",
            lexer="dynamic",
            propagate_positions=True,
        )


def _sayable(spoken: Mapping[str, str]) -> list[str]:
    """Keep the forms that are words, not digits."""
    return [form for form in spoken if not form.replace(" ", "").isdigit()]


def _words(node: Node) -> list[Word]:
    match node:
        case Word():
            return [node]
        case Sequence(children) | Choice(children):
            return [word for child in children for word in _words(child)]
        case Many(part):
            return _words(part)
    return []


def _lark_grammar(language: Language, extra: Mapping[str, str]) -> str:
    """Write the rules for Lark. A terminal is a whole word or phrase, never the start of one."""
    literals: dict[str, str] = {}
    lines = [f"{ROOT}: wake? (sentence | yes_answer | no_answer) | wake"]
    lines += [f"{name}: {_lark_node(node, literals)}" for name, node in language.rules.items()]
    classes = {
        **language.classes,
        "name": language.names,
        "plural": language.plurals,
        "wake": dict.fromkeys(language.wake, ""),
    }
    for name, spoken in classes.items():
        forms = list(spoken) + ([r"\d+"] if name == "number" else [])
        longest_first = sorted(forms, key=len, reverse=True)
        pattern = "|".join(form if form == r"\d+" else re.escape(form) for form in longest_first)
        open_form = " | open_name" if extra and name == "name" else ""
        lines += [f"{name}: {name.upper()}{open_form}"]
        lines += [_terminal(name.upper(), pattern or r"(?!)")]
    lines += ["open_name: OPEN+", _terminal("OPEN", extra["OPEN"])] if extra else []
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
