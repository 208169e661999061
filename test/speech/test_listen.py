"""``seem-ros listen``: JSON of what would be heard and done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")

from seem_ros.cli import main

RECORDINGS = Path(__file__).parent / "recordings"


def test_a_recording_becomes_json(tmp_path, capsys):
    out = tmp_path / "out.json"
    recording = RECORDINGS / "track_the_bottle_on_the_left.flac"
    arguments = ["listen", str(recording), "--engine", "pocketsphinx", "--json", str(out)]
    assert main(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(out.read_text())
    assert printed["engine"] == "pocketsphinx"
    (heard,) = printed["heard"]
    assert heard["command"] == "track"
    assert heard["actions"] == [{"prompt": {"mode": "ADD", "text": "left bottle", "track": True}}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.wav"], "nothing.wav: no such file"),
        ([__file__], "cannot be read as a sound file"),
        ([str(RECORDINGS / "undo_that.flac"), "--vosk-model", "no-model"], "no Vosk model"),
        ([str(RECORDINGS / "undo_that.flac"), "--lang", "xx"], "no voice language 'xx'"),
    ],
)
def test_bad_input_is_one_line_and_exit_1(arguments, message, capsys):
    assert main(["listen", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
