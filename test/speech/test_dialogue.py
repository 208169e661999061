"""Wake word, confidence, questions."""

from __future__ import annotations

import pytest

pytest.importorskip("lark", reason="needs lark (part of ROS 2)")

from seem_ros.prompts import Mode
from seem_ros.speech.actions import ServiceCall
from seem_ros.speech.dialogue import Dialogue, DialogueConfig
from seem_ros.speech.engines.engine import Hypothesis
from seem_ros.speech.grammar.command_grammar import CommandGrammar
from seem_ros.speech.grammar.language import load_language

GRAMMAR = CommandGrammar(load_language("en"))


def dialogue(**config) -> Dialogue:
    return Dialogue(GRAMMAR, DialogueConfig(**config))


def said(text: str, confidence: float = 1.0) -> list[Hypothesis]:
    return [Hypothesis(text, confidence)]


def test_with_the_wake_word_other_speech_is_not_answered():
    talk = dialogue(wake_word=True)
    assert talk.heard(said("find the mug"), 0.0) is None
    assert talk.heard(said("lovely weather today"), 1.0) is None
    assert talk.heard(said("robot find the mug"), 2.0).actions[0].text == "mug"
    assert "did not understand" in talk.heard(said("robot lovely weather"), 3.0).refusal


def test_the_wake_word_alone_opens_a_window():
    talk = dialogue(wake_word=True, wake_window_s=5.0)
    assert talk.heard(said("robot"), 10.0).refusal == "I am listening."
    assert talk.heard(said("undo"), 14.9).actions[0].mode == Mode.UNDO
    assert talk.heard(said("undo"), 15.1) is None


def test_below_the_floor_a_sentence_is_refused_with_both_numbers():
    heard = dialogue(confidence_floor=0.5).heard(said("find the mug", 0.31), 0.0)
    assert heard.actions == ()
    assert "0.31 < 0.50" in heard.refusal
    assert (heard.command, heard.phrase) == ("segment", "mug")


def test_the_first_hypothesis_that_is_a_command_counts():
    hypotheses = [Hypothesis("find the mug on", 0.9), Hypothesis("find the mug", 0.8)]
    heard = dialogue().heard(hypotheses, 0.0)
    assert heard.text == "find the mug"
    assert heard.confidence == 0.8


def test_reset_is_asked_about_and_yes_does_it():
    talk = dialogue()
    question = talk.heard(said("forget everything"), 0.0)
    assert question.actions == ()
    assert question.refusal == "Forget everything? Say yes or no."
    assert talk.asks(1.0)
    answer = talk.heard(said("yes"), 1.0)
    assert answer.actions == (ServiceCall("reset"),)
    assert answer.command == "reset"
    assert not talk.asks(1.5)


@pytest.mark.parametrize(("answer", "at_s"), [("no", 1.0), ("yes", 11.0)])
def test_no_or_a_late_yes_does_nothing(answer, at_s):
    talk = dialogue(answer_window_s=10.0)
    talk.heard(said("reset"), 0.0)
    assert talk.heard(said(answer), at_s).actions == ()
    assert talk.heard(said("yes"), at_s + 0.1).actions == ()


def test_another_command_closes_the_question():
    talk = dialogue()
    talk.heard(said("reset"), 0.0)
    assert talk.heard(said("find the mug"), 1.0).actions[0].text == "mug"
    assert talk.heard(said("yes"), 2.0).actions == ()


def test_a_doubtful_sentence_is_asked_about():
    talk = dialogue(confidence_floor=0.3, ask_below=0.7)
    question = talk.heard(said("track the dog", 0.6), 0.0)
    assert question.actions == ()
    assert "Did you say 'track the dog'?" in question.refusal
    confirmed = talk.heard(said("yes"), 1.0)
    assert (confirmed.actions[0].text, confirmed.actions[0].track) == ("dog", True)
    assert talk.heard(said("track the dog", 0.8), 2.0).actions


@pytest.mark.parametrize("text", ["pick up the mug", "take the red cup", "remove number two"])
def test_what_moves_a_robot_or_removes_something_is_asked_about(text):
    talk = dialogue()
    question = talk.heard(said(text), 0.0)
    assert question.actions == ()
    assert f"Did you say {text!r}?" in question.refusal
    assert len(talk.heard(said("yes"), 1.0).actions) == 1
    assert talk.heard(said(text), 2.0).actions == ()
    assert talk.heard(said("no"), 3.0).actions == ()


def test_the_wake_word_or_who_was_woken_is_not_asked():
    assert dialogue().heard(said("robot pick up the mug"), 0.0).actions[0].text == "mug"
    talk = dialogue(wake_word=True)
    talk.heard(said("robot"), 0.0)
    assert talk.heard(said("pick up the mug"), 1.0).actions[0].text == "mug"
    assert dialogue(confirm_risky=False).heard(said("grab the mug"), 0.0).actions


def test_looking_is_not_asked_about():
    for text in ("find the mug", "track the mug", "not the handle", "undo", "stop", "go on"):
        assert dialogue().heard(said(text), 0.0).actions, text


def test_answers_need_no_wake_word():
    talk = dialogue(wake_word=True)
    talk.heard(said("robot start over"), 0.0)
    assert talk.heard(said("yes"), 1.0).actions == (ServiceCall("reset"),)


def test_silence_is_nothing():
    assert dialogue().heard([], 0.0) is None
