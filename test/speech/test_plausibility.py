"""A command is believed by its fit, its length in words and in time, and the noise in it."""

from __future__ import annotations

import dataclasses

import pytest

from seem_ros.speech.engines.plausibility import Evidence

SHORT = Evidence(fit=2.5e-3, words=3, frames_per_phone=10.0, noise=0.0)


def spelled(word: str) -> str | None:
    return {"find": "F AY N D", "cup": "K AH P"}.get(word)


def test_what_the_searches_found_becomes_evidence():
    words = [("<sil>", 0, 9), ("find", 10, 49), ("[NOISE]", 50, 54), ("cup", 55, 84)]
    phones = [("SIL", 0, 9), ("+NSN+", 10, 34), ("F", 35, 84)]
    found = Evidence.of((-0.05, -0.12), words, phones, spelled)
    assert found.words == 2
    assert found.frames_per_phone == pytest.approx(10.0)
    assert found.fit == pytest.approx(0.07 / 70)
    assert found.noise == pytest.approx(25 / 85)


def test_words_that_nobody_knows_have_a_length_too():
    found = Evidence.of((0.0, 0.0), [("xyzzy", 0, 29)], [], spelled)
    assert found.frames_per_phone == pytest.approx(10.0)


def test_nothing_is_no_command():
    assert Evidence.of((0.0, 0.0), [], [], spelled).confidence(wake_word=False) == 0.0


def test_the_same_fit_is_worth_less_in_a_longer_sentence():
    sure = [dataclasses.replace(SHORT, words=n).confidence(wake_word=False) for n in range(3, 16)]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > 0.99
    assert sure[-1] < 0.05


def test_with_the_wake_word_the_fit_has_to_be_better():
    doubtful = dataclasses.replace(SHORT, fit=1.65e-3)
    assert doubtful.confidence(wake_word=False) > 0.5 > doubtful.confidence(wake_word=True)


@pytest.mark.parametrize(
    "wrong",
    [{"frames_per_phone": 270.0}, {"frames_per_phone": 3.0}, {"noise": 0.6}],
    ids=["too slow", "too fast", "noise"],
)
def test_what_nobody_can_have_said_is_not_believed(wrong):
    assert dataclasses.replace(SHORT, fit=1.0, **wrong).confidence(wake_word=False) == 0.0
