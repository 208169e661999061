"""What holds for every command: version, completion, one line for what went wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import seem_ros
from seem_ros.cli import entry, main

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "use" / "command_line.md"


def test_version_is_said_once(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"seem-ros {seem_ros.__version__}\n"
    manifest = (ROOT / "package.xml").read_text(encoding="utf-8")
    assert f"<version>{seem_ros.__version__}</version>" in manifest
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'attr = "seem_ros.__version__"' in project
    assert not re.search(r'^version = "', project, re.MULTILINE)


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("first\nsecond"), 1, "first second"),
        (MemoryError(), 1, "MemoryError"),
    ],
)
def test_a_failure_is_one_line(monkeypatch, capsys, raised, code, line):
    def run(args):
        raise raised

    monkeypatch.setattr(import_module("seem_ros.cli.models"), "run", run)
    assert main(["models"]) == code
    assert capsys.readouterr().err == f"seem-ros: {line}\n"


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        ("cuda", "PyTorch sees no NVIDIA GPU here, so 'cuda' cannot be used: take cpu or auto"),
        ("gpu", "no device 'gpu': take auto, cpu, cuda or cuda:N"),
    ],
)
def test_a_device_that_is_not_there(tmp_path, monkeypatch, capsys, device, reason):
    import torch

    from seem_ros.exchange.picture_files import write_picture
    from support.flood_segmenter import draw_scene

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    write_picture(tmp_path / "a.png", draw_scene([]))
    assert main(["segment", str(tmp_path / "a.png"), "--text", "red", "--device", device]) == 1
    assert capsys.readouterr().err == f"seem-ros: {reason}\n"


def test_a_gpu_beyond_those_there_are(monkeypatch):
    import torch

    from seem_ros.model.devices import as_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert as_device("cuda:1") == torch.device("cuda:1")
    assert as_device("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="sees 2 NVIDIA GPUs here, so 'cuda:2' cannot"):
        as_device("cuda:2")


def completions(line: str) -> list[str]:
    """Ask as the shell does: the line in the environment, the answer in file 8."""
    code = "import sys; from seem_ros.cli import main; sys.exit(main())"
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "_ARGCOMPLETE": "1", "COMP_LINE": line,
        "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n", "COMP_TYPE": "9",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
    }  # fmt: skip
    command = f'exec 8>&1; exec "{sys.executable}" -c "{code}" 9>/dev/null'
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


def test_the_shell_completes_commands_and_options(capsys):
    pytest.importorskip("argcomplete")
    assert completions("seem-ros se") == ["segment"]
    assert completions("seem-ros track --over") == ["--overlay", "--overwrite"]
    assert completions("seem-ros eval te") == ["text"]
    assert completions("seem-ros segment --model na") == ["nano"]
    assert "config/" in completions("seem-ros track --model con")
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell]) == 0
        assert "seem-ros" in capsys.readouterr().out


def test_a_command_imports_only_what_it_needs():
    code = "import sys; from seem_ros.cli import main; main(['--help']); "
    code += "sys.exit(any(name in sys.modules for name in ('torch', 'tqdm', 'rosbags', 'cv2')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


def test_the_guide_lists_every_command_and_exit_code():
    guide = TABLE.read_text(encoding="utf-8")
    for name, _, _ in entry._COMMANDS:
        assert f"seem-ros {name}" in guide, name
    for code in (0, 1, 3, 130):
        assert f"| {code} |" in guide, code
