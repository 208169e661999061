"""Listener: a stream of samples in, understood sentences out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from pocketsphinx import Endpointer, Vad

from seem_ros.speech.actions import KnownInstance
from seem_ros.speech.audio import SAMPLE_RATE
from seem_ros.speech.detection import SpeechDetector
from seem_ros.speech.dialogue import Dialogue, Heard
from seem_ros.speech.engines.engine import SpeechEngine
from seem_ros.speech.grammar.command_grammar import CommandGrammar

MAX_SENTENCE_S = 12.0
# A sentence begins and ends when this share of a window changes to speech or to silence; the
# window is about the pause that ends a sentence.
_WINDOW_S = 0.45
_CHANGED = 0.9
_CHUNK = SAMPLE_RATE // 10
_NO_SAMPLES = np.zeros(0, np.int16)
_SILENCE = np.zeros(1, np.int16)  # the endpointer refuses an empty last frame


class Listener:
    """Finds sentences in a stream, recognises and understands them.

    Args:
        engine: recognises the words.
        dialogue: what becomes of a sentence; its grammar is what is listened for.
        instances: asked for what is tracked when a sentence needs it; None is not known.

    Attributes:
        unknown_words: of the grammar, those that the engine cannot recognise.
        in_sentence: somebody is speaking.

    """

    def __init__(
        self,
        engine: SpeechEngine,
        dialogue: Dialogue,
        instances: Callable[[], Sequence[KnownInstance] | None] = lambda: None,
    ) -> None:
        self.engine = engine
        self.dialogue = dialogue
        self._detector = SpeechDetector()
        self._instances = instances
        self._asking = False
        self._consumed = 0
        self.use(dialogue.grammar)
        self.reset()

    def reset(self) -> None:
        """Forget an unfinished sentence: the stream was interrupted."""
        self._endpointer = Endpointer(_WINDOW_S, _CHANGED, Vad.MEDIUM_STRICT, SAMPLE_RATE)
        self._pending: np.ndarray = _NO_SAMPLES
        self._partial = ""
        self.in_sentence = False
        self._sentence_s = 0.0
        self._sentence: list[np.ndarray] = []

    def use(self, grammar: CommandGrammar) -> None:
        """Listen for other names from the next sentence on."""
        self.dialogue.grammar = grammar
        self.unknown_words = self.engine.use(grammar, answers=self._asking)

    def accept(self, samples: np.ndarray) -> list[Heard]:
        """Take the next (N,) int16 samples and return what was understood in them."""
        self._pending = np.concatenate([self._pending, samples])
        size = self._endpointer.frame_bytes // 2
        heard: list[Heard] = []
        while len(self._pending) >= size:
            frame, self._pending = self._pending[:size], self._pending[size:]
            self._consumed += size
            speech = self._endpointer.process(frame.tobytes())
            if speech is not None:
                heard += self._speech(speech, not self._endpointer.in_speech)
        return heard

    def hear(self, samples: np.ndarray) -> list[Heard]:
        """Take a whole recording, (N,) int16 samples, and return all that was understood."""
        chunks = [samples[at : at + _CHUNK] for at in range(0, len(samples), _CHUNK)]
        return [heard for chunk in chunks for heard in self.accept(chunk)] + self.finish()

    def finish(self) -> list[Heard]:
        """End the stream: a sentence that is being spoken is taken as finished."""
        last, self._pending = self._pending, _NO_SAMPLES
        if not self._endpointer.in_speech:
            return []
        self._consumed += len(last)
        speech = self._endpointer.end_stream((last if len(last) else _SILENCE).tobytes())
        return self._speech(speech, True)

    def _speech(self, speech: bytes | None, ends: bool) -> list[Heard]:
        if not self.in_sentence:
            self._begin()
        samples = np.frombuffer(speech or b"", np.int16)
        self._sentence_s += len(samples) / SAMPLE_RATE
        self._sentence.append(samples)
        words = self.engine.feed(samples) if len(samples) else self._partial
        if ends or self._sentence_s >= MAX_SENTENCE_S:
            return self._end()
        if words == self._partial:
            return []
        self._partial = words
        return [Heard(words, is_final=False, end_s=self._now_s)]

    def _begin(self) -> None:
        asking = self.dialogue.asks(self._now_s)
        if asking != self._asking:
            self._asking = asking
            self.engine.use(self.dialogue.grammar, answers=asking)
        self.engine.begin()
        self.in_sentence = True
        self._partial = ""
        self._sentence_s = 0.0
        self._sentence = []

    def _end(self) -> list[Heard]:
        self.in_sentence = False
        sound, self._sentence = np.concatenate([_NO_SAMPLES, *self._sentence]), []
        if not self._detector.is_speech(sound):
            self.engine.begin()  # which forgets it
            return []
        heard = self.dialogue.heard(self.engine.end(), self._now_s, self._instances())
        return [] if heard is None else [heard]

    @property
    def _now_s(self) -> float:
        return self._consumed / SAMPLE_RATE
