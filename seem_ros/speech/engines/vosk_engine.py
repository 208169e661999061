"""Vosk behind the recogniser interface (vosk-api 0.3.45, vosk_api.h)."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import vosk

from seem_ros.speech.audio import SAMPLE_RATE
from seem_ros.speech.engines.engine import Hypothesis, SpeechError
from seem_ros.speech.grammar.command_grammar import CommandGrammar

UNKNOWN = "[unk]"
_ALTERNATIVES = 20  # the grammar of Vosk knows word pairs only: the best may be no sentence
# A likelihood of Kaldi counts every frame as independent; scaled down, the differences between
# alternatives behave like log-probabilities.
_SCALE = 0.1


class VoskEngine:
    """One Vosk model.

    Args:
        folder: the model.
        free_form: recognise any words instead of the grammar's only.

    Raises:
        SpeechError: Vosk cannot read the model.

    """

    name = "vosk"

    def __init__(self, folder: Path, *, free_form: bool = False) -> None:
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(folder))
        except Exception as error:  # Vosk raises a bare Exception
            raise SpeechError(f"Vosk cannot read the model {folder}: {error}") from None
        self._free_form = free_form
        self._recogniser: vosk.KaldiRecognizer  # of the grammar in use
        self._ready: dict[str, vosk.KaldiRecognizer] = {}

    def use(self, grammar: CommandGrammar, *, answers: bool) -> list[str]:
        """Listen for the grammar; returns the words that the model lacks."""
        unknown = sorted(word for word in grammar.words() if not self._knows(word))
        phrases = "" if self._free_form else self._phrases(grammar, answers, set(unknown))
        if phrases not in self._ready:
            self._ready[phrases] = self._open(phrases)
        self._recogniser = self._ready[phrases]
        return unknown

    def _open(self, phrases: str) -> vosk.KaldiRecognizer:
        grammar = [phrases] if phrases else []
        recogniser = vosk.KaldiRecognizer(self._model, float(SAMPLE_RATE), *grammar)
        recogniser.SetMaxAlternatives(_ALTERNATIVES)
        return recogniser

    def _phrases(self, grammar: CommandGrammar, answers: bool, unknown: set[str]) -> str:
        """Write the phrase list: only what the model can hear, and [unk] where it has it."""
        heard = [
            text for text in grammar.phrases(answers=answers) if not unknown & set(text.split())
        ]
        return json.dumps(heard + [UNKNOWN] * self._knows(UNKNOWN), ensure_ascii=False)

    def _knows(self, word: str) -> bool:
        return self._model.vosk_model_find_word(word) >= 0

    def begin(self) -> None:
        """Start an utterance."""
        self._recogniser.Reset()

    def feed(self, samples: np.ndarray) -> str:
        """Take (N,) int16 samples and return the words so far."""
        self._recogniser.AcceptWaveform(samples.astype("<i2", copy=False).tobytes())
        return json.loads(self._recogniser.PartialResult()).get("partial", "")

    def end(self) -> list[Hypothesis]:
        """End the utterance; the confidence is the share among the alternatives."""
        found = json.loads(self._recogniser.FinalResult()).get("alternatives", [])
        found = [each for each in found if each.get("text", "").strip()]
        if not found:
            return []
        best = max(each["confidence"] for each in found)
        weights = [math.exp(_SCALE * (each["confidence"] - best)) for each in found]
        total = sum(weights)
        return [
            Hypothesis(" ".join(each["text"].split()), weight / total)
            for each, weight in zip(found, weights, strict=True)
        ]
