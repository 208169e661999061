"""What is said, and exactly what is sent for it."""

from __future__ import annotations

import pytest
import sentences_en
import sentences_ko
from sentence_parts import INSTANCES, described

pytest.importorskip("lark", reason="needs lark (part of ROS 2)")

from seem_ros.prompts.language import read_phrases
from seem_ros.speech.actions import ServiceCall
from seem_ros.speech.dialogue import Dialogue, DialogueConfig
from seem_ros.speech.engines.engine import Hypothesis
from seem_ros.speech.grammar.command_grammar import CommandGrammar
from seem_ros.speech.grammar.language import load_language

GRAMMARS = {code: CommandGrammar(load_language(code)) for code in ("en", "ko")}
TABLE = [
    (code, text, expected)
    for code, table in (("en", sentences_en.SENTENCES), ("ko", sentences_ko.SENTENCES))
    for text, expected in table
]


def heard(code: str, *texts: str):
    """Understand sentences one after the other; returns the last."""
    config = DialogueConfig(confirm_reset=False, confirm_risky=False)
    dialogue = Dialogue(GRAMMARS[code], config, open_names=True)
    return [dialogue.heard([Hypothesis(text, 1.0)], 0.0, INSTANCES) for text in texts][-1]


def test_the_table_is_as_long_as_promised():
    for table in (sentences_en.SENTENCES, sentences_ko.SENTENCES):
        assert len({text for text, _ in table}) >= 150


@pytest.mark.parametrize(("code", "text", "expected"), TABLE)
def test_sentence(code, text, expected):
    found = heard(code, text)
    if isinstance(expected, str):
        assert not found.actions
        assert expected in found.refusal
        return
    assert found.refusal == ""
    sent = [
        action if isinstance(action, ServiceCall) else described(action)
        for action in found.actions
    ]
    assert sent == expected
    assert all(
        isinstance(action, ServiceCall) or action.source == "voice" for action in found.actions
    )


def test_what_speech_writes_is_read_back_as_it_is():
    prompts = [prompt for _, _, sent in TABLE if isinstance(sent, list) for prompt in sent]
    fields = [prompt for prompt in prompts if isinstance(prompt, dict)]
    texts = {each[name] for each in fields for name in ("text", "negative_text") if name in each}
    latin = {text for text in texts if text.isascii()}
    assert len(latin) > 100
    assert {text: [str(phrase) for phrase in read_phrases(text)] for text in latin} == {
        text: [text] for text in latin
    }


def test_one_stands_for_the_last_name():
    (prompt,) = heard("en", "find the mug", "not the red one").actions
    assert described(prompt) == {"mode": 1, "negative_text": "red mug"}


def test_without_a_known_list_the_name_is_sent_as_label():
    dialogue = Dialogue(GRAMMARS["en"])
    (prompt,) = dialogue.heard([Hypothesis("select the mug", 1.0)], 0.0, None).actions
    assert described(prompt) == {"mode": 5, "label": "mug"}


def test_an_unknown_name_is_refused_where_names_are_closed():
    found = Dialogue(GRAMMARS["en"]).heard([Hypothesis("find the blue gizmo", 1.0)], 0.0, [])
    assert found.actions == ()
    assert "I do not know 'blue gizmo'" in found.refusal


def test_added_names_are_understood_also_in_the_plural():
    grammar = CommandGrammar(load_language("en").with_names(["Gizmo", "left gripper"]))
    dialogue = Dialogue(grammar)
    said = [Hypothesis("find all gizmos", 1.0)]
    assert [action.text for action in dialogue.heard(said, 0.0).actions] == ["all Gizmos"]
    said = [Hypothesis("track the left gripper", 1.0)]
    assert [action.text for action in dialogue.heard(said, 0.0).actions] == ["left gripper"]


def test_a_relation_is_refused_with_what_can_be_said_instead():
    found = heard("en", "the cup next to the laptop")
    assert "the left cup, the second cup from the left, or click on it" in found.refusal


def test_prompts_name_their_sender():
    assert heard("en", "find the mug").actions[0].source == "voice"
