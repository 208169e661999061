"""The front end in front of pocketsphinx, and the network that takes noise out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")

from benchmarks.voices import noisy
from seem_ros.speech.audio import read_recording
from seem_ros.speech.engines.cepstra import cepstra, log_mel
from seem_ros.speech.engines.denoiser import Denoiser, clearance_db, noise_spectrum

RECORDINGS = Path(__file__).parent / "recordings"


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """(N,) int16, 16 kHz, in a quiet room."""
    quiet = read_recording(RECORDINGS / "track_the_bottle_on_the_left.flac").samples
    return noisy(quiet, seed=0, noise_db=45.0)


def test_the_cepstra_are_those_of_pocketsphinx(samples):
    from pocketsphinx import Decoder

    found = []
    for kind in ("raw", "cep"):
        decoder = Decoder(loglevel="FATAL", lm=None, remove_noise=False, cmn="batch")
        grammar = "#JSGF V1.0; grammar g; public <s> = track the bottle on the left;"
        decoder.add_jsgf_string("one", grammar)
        decoder.activate_search("one")
        decoder.start_utt()
        if kind == "raw":
            decoder.process_raw(samples.tobytes(), full_utt=True)
        else:
            decoder.process_cep(cepstra(log_mel(samples)).tobytes(), full_utt=True)
        decoder.end_utt()
        found.append((decoder.hyp().hypstr, decoder.n_frames(), decoder.hyp().score))
    (words, frames, score), (own_words, own_frames, own_score) = found
    assert own_words == words == "track the bottle on the left"
    assert 0 <= frames - own_frames <= 1  # pocketsphinx fills up a last frame
    assert own_score == pytest.approx(score, rel=0.05)


def test_short_samples_make_one_frame():
    assert cepstra(log_mel(np.ones(3, np.int16))).shape == (1, 13)


def test_noise_is_measured(samples):
    noise = np.random.default_rng(1).normal(0.0, 300.0, len(samples))
    flat = noise_spectrum(log_mel(np.rint(noise)))
    found = noise_spectrum(log_mel(np.rint(samples + noise)))
    assert found == pytest.approx(flat, abs=0.6)
    quiet = noise_spectrum(log_mel(samples))
    assert np.all(found > quiet + 1.0)


@pytest.mark.parametrize(("noise_db", "least"), [(25.0, 1.3), (15.0, 1.6), (10.0, 1.6)])
def test_speech_without_noise_is_closer_to_quiet_speech(samples, noise_db, least):
    quiet = log_mel(samples)
    bands = log_mel(noisy(samples, seed=1, noise_db=noise_db))
    spoken = quiet.mean(axis=1) > quiet.mean(axis=1).max() - 7.0

    def distance(found: np.ndarray) -> float:
        return float(np.sqrt(np.mean((found - quiet)[spoken] ** 2)))

    assert distance(bands) > least * distance(Denoiser()(bands))


def test_loudness_does_not_matter(samples):
    bands = log_mel(noisy(samples, seed=1, noise_db=15.0))
    assert Denoiser()(bands + 2.0) == pytest.approx(Denoiser()(bands) + 2.0, abs=1e-3)


def test_clearance_falls_with_the_noise(samples):
    found = [clearance_db(log_mel(noisy(samples, 2, noise_db))) for noise_db in (40.0, 25.0, 15.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 18.0 > found[2]
