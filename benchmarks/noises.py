"""Sounds that are no speech, for benchmark and tests of speech; all made from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.voices import speech
from seem_ros.speech.audio import SAMPLE_RATE

Maker = Callable[[float, np.random.Generator], np.ndarray]
"""Makes (N,) float64 of so many seconds, at any level, from a generator of random numbers."""

_BABBLING = 6  # voices at a time
_PEAK = 12000.0
_SEMITONE = 2.0 ** (1.0 / 12.0)
_MINOR = (0, 2, 3, 5, 7, 8, 10)


def _times(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def _white(seconds: float, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0.0, 1.0, int(seconds * SAMPLE_RATE))


def _coloured(seconds: float, rng: np.random.Generator, slope: float) -> np.ndarray:
    """Return noise whose power falls with the frequency to the power of the slope."""
    spectrum = np.fft.rfft(_white(seconds, rng))
    lines = np.maximum(np.arange(len(spectrum)), 1.0)
    return np.fft.irfft(spectrum * lines ** (-slope / 2.0), int(seconds * SAMPLE_RATE))


def swelling(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return noise that swells some times a second, as a saw or waves of a pump do."""
    rate = rng.uniform(1.0, 6.0)
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * rate * _times(seconds) + rng.uniform(0, 6))
    return _coloured(seconds, rng, rng.uniform(0.0, 2.0)) * swell ** rng.uniform(1.0, 4.0)


def hum(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return a machine that runs up and down: harmonics of a rate that drifts, and its hiss."""
    drift = 1.0 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.05, 0.6) * _times(seconds))
    phase = 2 * np.pi * np.cumsum(rng.uniform(50.0, 240.0) * drift) / SAMPLE_RATE
    tones = sum(
        np.sin(n * phase + rng.uniform(0, 6)) / n ** rng.uniform(0.3, 1.2) for n in range(1, 20)
    )
    return tones + 0.3 * _coloured(seconds, rng, 1.0)


def bursts(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return knocks, hisses and clanks of 30 ms to 0.5 s with pauses between them."""
    sound, at = 0.02 * _white(seconds, rng), rng.uniform(0.0, 1.0)
    while at < seconds - 0.6:
        length = rng.uniform(0.03, 0.5)
        times = _times(length)
        ring = np.sin(2 * np.pi * rng.uniform(200.0, 3000.0) * times)
        hit = _coloured(length, rng, rng.uniform(0.0, 2.0))
        hit = (ring + hit / np.abs(hit).max()) * np.exp(-times * rng.uniform(3.0, 30.0))
        start = int(at * SAMPLE_RATE)
        sound[start : start + len(hit)] += hit * rng.uniform(0.3, 1.0)
        at += length + rng.uniform(0.05, 0.9)
    return sound


def music(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return a melody over chords and a beat, as a radio in the next room plays it."""
    sound, beat = np.zeros(int(seconds * SAMPLE_RATE)), rng.uniform(0.25, 0.6)
    root = 110.0 * _SEMITONE ** rng.integers(0, 12)
    for number in range(int(seconds / beat) - 1):
        start, times = int(number * beat * SAMPLE_RATE), _times(beat)
        fade = np.exp(-3.0 * times / beat)
        chord = [_MINOR[(number // 4 + step) % 7] for step in (0, 2, 4)]
        melody = 12 + _MINOR[rng.integers(0, 7)]
        for note in (*chord, melody):
            for harmonic in range(1, 6):
                tone = 2 * np.pi * root * _SEMITONE**note * harmonic * times
                sound[start : start + len(times)] += np.sin(tone) * fade / harmonic
        drum = rng.normal(0.0, 1.0, len(times)) * np.exp(-40.0 * times)
        sound[start : start + len(times)] += 3.0 * drum
    return sound


def babble(
    lines: list[str], voices: list[str]
) -> Callable[[float, np.random.Generator], np.ndarray]:
    """Return a maker of the talk of several people at once."""

    def talk(seconds: float, rng: np.random.Generator) -> np.ndarray:
        sound = np.zeros(int(seconds * SAMPLE_RATE))
        for number in range(_BABBLING):
            said = np.concatenate(
                [
                    speech(voices[number % len(voices)], lines[rng.integers(0, len(lines))])
                    for _ in range(2 + int(seconds / 3.0))
                ]
            ).astype(np.float64)
            sound += np.resize(np.roll(said, rng.integers(0, len(said))), len(sound))
        return sound

    return talk


def makers(lines: list[str], voices: list[str]) -> dict[str, Maker]:
    """Return all kinds of noise; the text of the babble is said by these voices."""
    talk = babble(lines, voices)
    return {"swelling": swelling, "hum": hum, "bursts": bursts, "music": music, "babble": talk}


def stretches(
    kinds: dict[str, Maker], minutes: float, seed: int = 0
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (kind, (N,) int16) of ten seconds, the kinds in turn, for so many minutes."""
    rng = np.random.default_rng(seed)
    for number in range(round(minutes * 6.0)):
        kind = list(kinds)[number % len(kinds)]
        sound = kinds[kind](8.5, rng)
        loud = rng.uniform(0.2, 1.0) * _PEAK / np.percentile(np.abs(sound), 99.5)
        quiet = rng.normal(0.0, 10.0, int(0.75 * SAMPLE_RATE))
        joined = np.concatenate([quiet, loud * sound, quiet])
        yield kind, np.clip(joined, -32768, 32767).astype(np.int16)
