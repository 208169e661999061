"""Dialogue: what becomes of a finished sentence. Wake word, confidence, questions, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seem_ros.speech.actions import Action, KnownInstance, Planner, RefusalError
from seem_ros.speech.engines.engine import Hypothesis
from seem_ros.speech.grammar.command_grammar import CommandGrammar, NotACommandError
from seem_ros.speech.grammar.commands import Command, Verb, parse

RISKY = (Verb.PICK, Verb.REMOVE)
"""Commands that move a robot or lose something; what RESET asks is more than that."""


@dataclass(frozen=True)
class DialogueConfig:
    """How careful the dialogue is.

    Attributes:
        wake_word: a sentence counts only after a wake phrase, or within wake_window_s of one.
        wake_window_s: seconds.
        confidence_floor: below it a sentence is refused, 0..1.
        ask_below: below it, but above the floor, the dialogue asks before it acts; 0 never asks.
        answer_window_s: seconds for an answer.
        confirm_reset: ask before everything is forgotten.
        confirm_risky: ask before what moves a robot or removes something, unless the wake word
            was said.

    """

    wake_word: bool = False
    wake_window_s: float = 6.0
    confidence_floor: float = 0.5
    ask_below: float = 0.0
    answer_window_s: float = 10.0
    confirm_reset: bool = True
    confirm_risky: bool = True


@dataclass(frozen=True)
class Heard:
    """What was understood; the fields of Heard.msg, and the actions to carry out.

    Attributes:
        text: the words, lower case.
        is_final: the sentence is finished.
        confidence: 0..1; 0 while not final.
        command: a value of Verb; empty is none.
        phrase: the things named, in normal form.
        refusal: why nothing is done, or the question that is open; in the operator's language.
        actions: what to send.
        end_s: when the words ended, seconds since the stream began.

    """

    text: str
    is_final: bool
    confidence: float = 0.0
    command: str = ""
    phrase: str = ""
    refusal: str = ""
    actions: tuple[Action, ...] = ()
    end_s: float = 0.0


class Dialogue:
    """Understands one finished sentence after the other.

    Args:
        grammar: language and names; other names may be put in its place at any time.
        config: how careful to be.
        open_names: accept unknown words as names (typed text, free-form recognition).

    """

    def __init__(
        self,
        grammar: CommandGrammar,
        config: DialogueConfig = DialogueConfig(),  # noqa: B008 - frozen
        *,
        open_names: bool = False,
    ) -> None:
        self.config = config
        self._open_names = open_names
        self._planner = Planner(grammar.language.replies)
        self._replies = grammar.language.replies
        self.grammar = grammar
        self._asked: Command | None = None
        self._asked_until = 0.0
        self._awake_until = float("-inf")

    def asks(self, now_s: float) -> bool:
        """Tell whether a question is open."""
        return self._asked is not None and now_s <= self._asked_until

    def heard(
        self,
        hypotheses: Sequence[Hypothesis],
        now_s: float,
        instances: Sequence[KnownInstance] | None = None,
    ) -> Heard | None:
        """Understand a sentence: the first hypothesis that is a command.

        Args:
            hypotheses: what may have been said, best first.
            now_s: when it ended, seconds of any clock that never goes back.
            instances: what is tracked; None is not known.

        Returns:
            what was understood; None where it is nothing to answer: silence, or words that were
            not meant for the robot because the wake word is missing.

        """
        if not hypotheses:
            return None
        understood = self._first_command(hypotheses)
        if understood is None:
            return self._not_understood(hypotheses[0], now_s)
        said, command = understood
        if not self._is_meant(command, now_s):
            return None
        heard = _heard(said, command, now_s)
        try:
            command = self._to_do(command, said, now_s)
            heard = _heard(said, command, now_s)
            return replace(heard, actions=tuple(self._planner.plan(command, instances)))
        except RefusalError as refusal:
            return replace(heard, refusal=str(refusal))

    def _first_command(
        self, hypotheses: Sequence[Hypothesis]
    ) -> tuple[Hypothesis, Command] | None:
        for said in hypotheses:
            try:
                return said, parse(self.grammar, said.text, open_names=self._open_names)
            except NotACommandError:
                continue
        return None

    def _is_meant(self, command: Command, now_s: float) -> bool:
        answer = command.verb in (Verb.YES, Verb.NO) and self.asks(now_s)
        return not self.config.wake_word or command.woken or answer or now_s <= self._awake_until

    def _not_understood(self, said: Hypothesis, now_s: float) -> Heard | None:
        words = self.grammar.normalise(said.text)
        if self.config.wake_word and now_s > self._awake_until and not self._woken(words):
            return None
        reason = self._replies["not_understood"].format(text=said.text)
        try:
            named = parse(self.grammar, said.text, open_names=True)
        except NotACommandError:
            pass
        else:
            reason = self._replies["unknown_name"].format(name=named.phrase)
        return Heard(said.text, True, said.confidence, refusal=reason, end_s=now_s)

    def _woken(self, words: str) -> bool:
        return any(f"{words} ".startswith(f"{wake} ") for wake in self.grammar.language.wake)

    def _to_do(self, command: Command, said: Hypothesis, now_s: float) -> Command:
        """Give the command to carry out now; raise RefusalError to refuse, or to ask first."""
        if said.confidence < self.config.confidence_floor:
            raise self._refusal(
                "confidence",
                text=said.text,
                confidence=said.confidence,
                floor=self.config.confidence_floor,
            )
        asked = self._asked if self.asks(now_s) else None
        self._asked = None
        match command.verb:
            case Verb.YES if asked is not None:
                return asked
            case Verb.NO if asked is not None:
                raise self._refusal("dropped")
            case Verb.YES | Verb.NO:
                raise self._refusal("nothing_asked")
            case Verb.WAKE:
                self._awake_until = now_s + self.config.wake_window_s
                raise self._refusal("listening")
            case Verb.RESET if self.config.confirm_reset:
                raise self._question(command, now_s, "ask_reset")
        risky = self.config.confirm_risky and command.verb in RISKY
        if risky and not (command.woken or now_s <= self._awake_until):
            raise self._question(command, now_s, "ask_again", text=said.text)
        if said.confidence < self.config.ask_below:
            raise self._question(command, now_s, "ask_again", text=said.text)
        return command

    def _question(
        self, command: Command, now_s: float, reply: str, **values: object
    ) -> RefusalError:
        self._asked, self._asked_until = command, now_s + self.config.answer_window_s
        return self._refusal(reply, **values)

    def _refusal(self, reply: str, **values: object) -> RefusalError:
        return RefusalError(self._replies[reply].format(**values))


def _heard(said: Hypothesis, command: Command, now_s: float) -> Heard:
    verb = command.verb.value
    return Heard(said.text, True, said.confidence, verb, command.phrase, end_s=now_s)
