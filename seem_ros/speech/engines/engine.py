"""SpeechEngine: the small interface in front of every engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seem_ros.speech.grammar.command_grammar import CommandGrammar


class SpeechError(RuntimeError):
    """Speech cannot be recognised; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Hypothesis:
    """What an engine believes was said: words in lower case, confidence 0..1."""

    text: str
    confidence: float


class SpeechEngine(Protocol):
    """One engine with one language. Audio is (N,) int16, mono, 16 kHz, of one utterance."""

    name: str

    def use(self, grammar: CommandGrammar, *, answers: bool) -> list[str]:
        """Listen for the grammar from the next utterance on.

        Returns:
            the words that the engine cannot recognise.

        """
        ...

    def begin(self) -> None:
        """Start an utterance; one that was not ended is forgotten."""
        ...

    def feed(self, samples: np.ndarray) -> str:
        """Take the next samples and return the words so far."""
        ...

    def end(self) -> list[Hypothesis]:
        """End the utterance and return what may have been said, best first; empty is nothing."""
        ...
