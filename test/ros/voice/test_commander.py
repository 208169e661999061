"""What VoiceCommander does with a sentence, without any sound."""

from __future__ import annotations

import threading

import pytest

for package in ("lark", "pocketsphinx"):
    pytest.importorskip(package, reason=f"needs {package}")

from seem_ros.prompts import Prompt
from seem_ros.speech.dialogue import Heard

SENTENCE = Heard("find the mug", is_final=True, actions=(Prompt(text="mug"),))


@pytest.fixture
def commander(ros):
    from seem_ros.ros.voice.commander import VoiceCommander

    node = ros.create_node("speaker")
    yield VoiceCommander(node, "late")
    node.destroy_node()


def test_a_prompt_waits_until_a_segmenter_that_runs_is_found(commander, monkeypatch):
    from seem_ros import msg
    from seem_ros.ros import qos
    from seem_ros.ros.voice import commander as module
    from support.node_bench import PATIENCE_S, Received, spun_node

    monkeypatch.setattr(module, "_FOUND_S", PATIENCE_S)
    thread = threading.Thread(target=commander.carry_out, args=(SENTENCE,))
    taken = Received()
    with spun_node("late") as late:
        thread.start()
        late.create_publisher(msg.PromptStatus, "late/prompt_status", qos.reliable())
        late.create_subscription(msg.Prompt, "late/prompt", taken.add, qos.reliable())
        assert taken.wait().text == "mug"
        thread.join()


def test_without_a_segmenter_it_goes_on_and_the_log_says_so(commander, monkeypatch, capfd):
    from seem_ros.ros.voice import commander as module

    monkeypatch.setattr(module, "_FOUND_S", 0.0)
    commander.carry_out(SENTENCE)
    assert "nobody takes prompts on /late/prompt: is late active?" in capfd.readouterr().err
