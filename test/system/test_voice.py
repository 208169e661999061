"""A sound file into voice_node, a mask of the bundled model out of seem_node: two processes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
for package in ("lark", "pocketsphinx", "soundfile", "soxr", "yaml"):
    pytest.importorskip(package, reason=f"needs {package}")

from seem_ros.demo.cues import BOTTLE, RED_MUG
from support.spoken_commands import KOREAN_WORD, RECORDINGS, korean_command, voice_node

PATIENCE_S = 240.0  # a limit for failing, never for passing: loaded machines are slow
LEAST_IOU = 0.7


def mask_after_speech(system, folder: Path, **parameters: object) -> tuple[str, np.ndarray]:
    """Show the clip's first picture until a spoken prompt is done; what was heard, its mask."""
    from seem_ros import msg
    from seem_ros.ros import qos

    heard, statuses = [], []
    node = system.operator.node
    subscriptions = [
        node.create_subscription(kind, topic, inbox.append, quality)
        for kind, topic, inbox, quality in (
            (msg.Heard, "voice_node/heard", heard, qos.latched(100)),
            (msg.PromptStatus, "seem_node/prompt_status", statuses, qos.reliable(100)),
        )
    ]
    with voice_node(folder, **parameters) as (log, _):
        deadline_s = time.monotonic() + PATIENCE_S
        done, sentences = [], []
        while not (done and sentences):
            done = [status for status in statuses if status.code == status.DONE]
            sentences = [message for message in heard if message.is_final]
            said = f"{log.read_text(errors='replace')} {statuses}"
            assert time.monotonic() < deadline_s, said
            system.show(system.clip[0])
    system.show(system.clip[0])
    for each in subscriptions:
        node.destroy_subscription(each)
    (sentence,) = sentences
    assert sentence.prompt_id == done[0].id != ""
    return sentence.text, system.answers.labels == done[0].instance_id


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union."""
    return float((mask & truth).sum() / (mask | truth).sum())


def test_english_through_pocketsphinx(fresh, tmp_path):
    recording = RECORDINGS / "segment_the_red_mug.flac"
    text, mask = mask_after_speech(fresh, tmp_path, engine="pocketsphinx", audio_file=recording)
    assert text == "segment the red mug"
    assert overlap(mask, fresh.mask_of(RED_MUG)) > LEAST_IOU


def test_korean_through_vosk(fresh, tmp_path):
    text, mask = mask_after_speech(fresh, tmp_path, **korean_command(tmp_path, "bottle"))
    assert text == KOREAN_WORD
    assert overlap(mask, fresh.mask_of(BOTTLE)) > LEAST_IOU


def test_voice_node_killed_in_the_middle_of_a_sentence_asks_for_nothing(fresh, tmp_path):
    from seem_ros import msg
    from seem_ros.ros import qos

    recording = RECORDINGS / "segment_the_red_mug.flac"
    heard, statuses = [], []
    node = fresh.operator.node
    for kind, topic, inbox, quality in (
        (msg.Heard, "voice_node/heard", heard, qos.newest(1)),
        (msg.PromptStatus, "seem_node/prompt_status", statuses, qos.reliable(100)),
    ):
        node.create_subscription(kind, topic, inbox.append, quality)
    deadline_s = time.monotonic() + PATIENCE_S
    with voice_node(tmp_path, engine="pocketsphinx", audio_file=recording) as (log, process):
        while not heard:
            assert time.monotonic() < deadline_s, log.read_text(errors="replace")
            rclpy.spin_once(node, timeout_sec=0.01)
        process.kill()
        process.wait()
    assert not heard[0].is_final, "it was killed too late"
    fresh.show(fresh.clip[0])
    assert (statuses, fresh.ids) == ([], [])
    text, mask = mask_after_speech(fresh, tmp_path, engine="pocketsphinx", audio_file=recording)
    assert text == "segment the red mug"
    assert overlap(mask, fresh.mask_of(RED_MUG)) > LEAST_IOU
