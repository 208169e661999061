"""The whole way for each engine: a recording into voice_node, a mask out of seem_node."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr", "yaml"):
    pytest.importorskip(package, reason=f"needs {package}")

from support.spoken_commands import KOREAN_WORD, RECORDINGS, korean_command, voice_node

pytestmark = pytest.mark.system
PATIENCE_S = 240.0  # a limit for failing, never for passing: loaded machines are slow


def red_mask_after(bench, log: Path) -> tuple[str, np.ndarray]:
    """Show frames until a spoken prompt is done; returns what was heard and its mask.

    The node may be done before voice_node says what it heard, which it does last.
    """
    from sensor_msgs.msg import Image

    from seem_ros import msg
    from seem_ros.ros import qos

    heard = bench.listen_only("voice_node/heard", msg.Heard, qos.latched(100))
    ends = bench.listen("seem_node/prompt_status", msg.PromptStatus)
    labels = bench.listen("seem_node/label_image", Image)
    deadline_s = time.monotonic() + PATIENCE_S
    done, sentences = [], []
    while not (done and sentences):
        done = [status for status in ends.messages if status.code == status.DONE]
        sentences = [message for message in heard.messages if message.is_final]
        assert time.monotonic() < deadline_s, f"{log.read_text(errors='replace')} {ends.messages}"
        bench.see()
    (done,), (sentence,) = done, sentences
    assert done.id.startswith("voice-")
    assert sentence.prompt_id == done.id
    labels.messages.clear()
    bench.see()
    image = labels.wait()
    pixels = np.frombuffer(image.data, np.uint16).reshape(image.height, image.width)
    return sentence.text, pixels == done.instance_id


def truth() -> np.ndarray:
    """(H, W) bool: the red rectangle of the scene."""
    from support.node_bench import RED, SCENE

    x0, y0, x1, y1 = RED[1]
    mask = np.zeros(SCENE.shape[:2], bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_english_through_pocketsphinx(bench, tmp_path):
    recording = RECORDINGS / "segment_the_red_mug.flac"
    with voice_node(tmp_path, engine="pocketsphinx", audio_file=recording) as (log, _):
        text, mask = red_mask_after(bench, log)
    assert text == "segment the red mug"
    np.testing.assert_array_equal(mask, truth())


def test_korean_through_vosk(bench, tmp_path):
    with voice_node(tmp_path, **korean_command(tmp_path, "red thing")) as (log, _):
        text, mask = red_mask_after(bench, log)
    assert text == KOREAN_WORD
    np.testing.assert_array_equal(mask, truth())
