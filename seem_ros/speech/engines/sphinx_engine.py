"""pocketsphinx behind the recogniser interface (pocketsphinx 5), with its own English model.

A grammar explains any sound as one of its sentences. Each sentence is therefore decoded a second
time as free phones and noises, and compared with those, see plausibility.py.
The model was trained on quiet speech: where there is noise, it is taken out of the spectrum first.
"""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
from pocketsphinx import Decoder, get_model_path

from seem_ros.speech.engines.cepstra import cepstra, log_mel
from seem_ros.speech.engines.denoiser import Denoiser, clearance_db
from seem_ros.speech.engines.engine import Hypothesis
from seem_ros.speech.engines.plausibility import Evidence, Segment
from seem_ros.speech.engines.pronunciation import pronounce
from seem_ros.speech.grammar.automaton import Automaton
from seem_ros.speech.grammar.command_grammar import CommandGrammar

_PHONES = "phones"
_SILENCE = "<sil>"
_ALTERNATIVES = 5
_LATTICE_PATHS = 30
# Chosen on commands that are not in benchmarks/voice.py: a word costs more than pocketsphinx'
# default, or short words are heard in pauses and vowels.
_WORD_INSERTION = 0.05
# Speech that stands out of the noise by less than this is decoded without the noise.
_NOISY_DB = 18.0
# The endpointer leaves no such pause in an utterance: the search has lost its way.
_LONGEST_SILENCE = 80  # frames of 10 ms


class SphinxEngine:
    """pocketsphinx.

    Args:
        free_form: use its language model instead of the grammar.

    """

    name = "pocketsphinx"

    def __init__(self, *, free_form: bool = False) -> None:
        self._denoiser = Denoiser()
        self._wake_word = False
        # Scores are relative to the best state that was computed: only with all of them computed
        # (compallsen) can those of two searches be compared.
        self._decoder = Decoder(
            loglevel="FATAL",
            wip=_WORD_INSERTION,
            compallsen=True,
            **({} if free_form else {"lm": None}),
        )
        self._free_form = free_form
        self._search = self._decoder.current_search() if free_form else ""
        self._decoder.add_allphone_file(_PHONES, get_model_path("en-us/en-us-phone.lm.bin"))
        self._automaton: Automaton | None = None
        self._known: dict[int, tuple[CommandGrammar, Automaton, str, list[str]]] = {}
        self._samples: list[np.ndarray] = []
        self._running = False

    def use(self, grammar: CommandGrammar, *, answers: bool) -> list[str]:
        """Listen for the grammar; returns the words that have no pronunciation."""
        if self._free_form:
            return []
        key = 2 * id(grammar) + answers
        if key not in self._known:
            automaton = grammar.automaton(answers=answers)
            unknown = self._teach(automaton)
            name = f"grammar {len(self._known)}"
            self._add_search(name, automaton, set(unknown))
            self._known[key] = (grammar, automaton, name, unknown)
        _, self._automaton, self._search, unknown = self._known[key]
        self._wake_word = grammar.wake_word
        return unknown

    def _teach(self, automaton: Automaton) -> list[str]:
        """Add the words that the dictionary lacks; returns those that cannot be pronounced."""
        unknown = []
        for word in sorted({word for out in automaton.arcs for word in out}):
            if self._decoder.lookup_word(word) is not None:
                continue
            phones = pronounce(word, self._decoder.lookup_word)
            if phones is None:
                unknown.append(word)
            else:
                self._decoder.add_word(word, phones, False)
        return unknown

    def _add_search(self, name: str, automaton: Automaton, unknown: set[str]) -> None:
        """Make the network: in each state all words are equally likely."""
        end = len(automaton.arcs)
        arcs: list[tuple] = [(state, end, 1.0) for state in automaton.final]
        for state, out in enumerate(automaton.arcs):
            heard = {word: after for word, after in out.items() if word not in unknown}
            arcs += [(state, after, 1.0 / len(heard), word) for word, after in heard.items()]
        self._decoder.add_fsg(name, self._decoder.create_fsg(name, 0, end, arcs))

    def begin(self) -> None:
        """Start an utterance."""
        if self._running:
            self._decoder.end_utt()
        self._samples = []
        self._decoder.activate_search(self._search)
        self._decoder.start_utt()
        self._running = True

    def feed(self, samples: np.ndarray) -> str:
        """Take (N,) int16 samples and return the words so far."""
        self._samples.append(samples)
        self._decoder.process_raw(samples.astype("<i2", copy=False).tobytes())
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""

    def end(self) -> list[Hypothesis]:
        """Decode the whole utterance again, now that its loudness and channel are known."""
        self._decoder.end_utt()
        self._running = False
        samples = np.concatenate(self._samples) if self._samples else np.zeros(0, np.int16)
        sound = self._without_noise(samples)
        score = self._decode(self._search, sound)
        if score is None:
            return []
        texts = self._alternatives()
        words = self._segments()
        silences = [last - first + 1 for word, first, last in words if word == _SILENCE]
        free = self._decode(_PHONES, sound)
        if max(silences, default=0) > _LONGEST_SILENCE or free is None:
            return [Hypothesis(text, 0.0) for text in texts]
        lookup = self._decoder.lookup_word
        evidence = Evidence.of((score, free), words, self._segments(), lookup)
        return [Hypothesis(text, evidence.confidence(self._wake_word)) for text in texts]

    def _segments(self) -> list[Segment]:
        """List the words or phones of the best path with their first and last frame."""
        return [(part.word, part.start_frame, part.end_frame) for part in self._decoder.seg()]

    def _without_noise(self, samples: np.ndarray) -> np.ndarray:
        """Return quiet samples as they are; of noisy ones (T, 13) float32 cepstra, denoised."""
        bands = log_mel(samples)
        if len(samples) == 0 or clearance_db(bands) >= _NOISY_DB:
            return samples
        return cepstra(self._denoiser(bands))

    def _decode(self, search: str, sound: np.ndarray) -> float | None:
        """Decode with a search; returns the decoder's scaled log-score, None for nothing."""
        self._decoder.activate_search(search)
        self._decoder.start_utt()
        if sound.ndim == 2:
            self._decoder.process_cep(sound.astype("<f4", copy=False).tobytes(), full_utt=True)
        else:
            self._decoder.process_raw(sound.astype("<i2", copy=False).tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        if hypothesis is None or not hypothesis.hypstr or hypothesis.score <= 0:
            return None
        return math.log(hypothesis.score)

    def _alternatives(self) -> list[str]:
        best = self._decoder.hyp().hypstr
        paths = (path.hypstr for path in islice(self._decoder.nbest(), _LATTICE_PATHS) if path)
        texts = map(self._finished, [best, *paths])
        return list(dict.fromkeys(texts))[:_ALTERNATIVES]

    def _finished(self, text: str) -> str:
        """Drop a last word, heard in the pause, that would only begin the rest of a sentence."""
        words = text.split()
        if self._automaton is None or self._automaton.accepts(words):
            return text
        return " ".join(words[:-1]) if self._automaton.accepts(words[:-1]) else text
