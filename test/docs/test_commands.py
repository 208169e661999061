"""Commands in the guides run; those that cannot run here are marked, with the reason, and read.

A block of bash is run line by line, each page in a folder of its own that holds the files it
names. Before a block that cannot run stands `<!-- not run: WHY -->`. Of every line, run or not,
what is ours is looked up: programs, launch arguments, parameters, make's targets, modules, files.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.cli.entry import _COMMANDS
from seem_ros.resources import demo_clip_dir

ROOT = Path(__file__).parents[2]
GUIDES = [
    ROOT / "README.md",
    *(page for room in ("start", "use", "robot", "models") for page in
      sorted((ROOT / "docs" / room).glob("*.md"))),
]  # fmt: skip
LANGUAGES = {"bash", "python", "text", "json", "yaml", "bibtex"}
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]+) -->\n)?(?P<indent> *)```(?P<language>\S*)\n"
    r"(?P<body>.*?)^ *```$", re.DOTALL | re.MULTILINE,
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: what language, why it is not run ("" = it is), and its lines."""

    language: str
    why: str
    lines: tuple[str, ...]


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page; lines that end in a backslash are joined."""
    found = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        body = re.sub(r"\\\n\s*", "", match["body"])
        lines = tuple(line.strip() for line in body.splitlines() if line.strip())
        found.append(Block(match["language"], match["why"] or "", lines))
    return found


def commands_of(page: Path) -> list[tuple[list[str], str]]:
    """Return (words, why it is not run) of each command of a page."""
    found = []
    for block in blocks_of(page):
        for line in block.lines if block.language == "bash" else ():
            words = shlex.split(line, comments=True)
            while words:
                end = words.index("&&") if "&&" in words else len(words)
                found.append((words[:end], block.why))
                words = words[end + 1 :]
    return found


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_every_block_says_its_language(page):
    assert {block.language for block in blocks_of(page)} <= LANGUAGES
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    assert not re.search(r"\n\n    \S", text), "an indented block: fence it"


def _launch_arguments(name: str) -> set[str]:
    return set(re.findall(r'"(\w+)"', (ROOT / "launch" / name).read_text(encoding="utf-8")))


def _parameter_names() -> set[str]:
    text = (ROOT / "docs" / "reference" / "parameters.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))


def _check_ours(words: list[str]) -> None:
    """Look up what a command names of ours."""
    programs = {path.name for path in (ROOT / "bin").iterdir()} | {"pick_client"}
    match words:
        case ["ros2", "launch", "seem_ros", file, *arguments]:
            known = _launch_arguments(file)
            assert {each.split(":=")[0] for each in arguments} <= known, words
        case ["ros2", "run", "seem_ros", program, *_]:
            assert program in programs, words
        case ["seem-ros", command, *_]:
            assert command in {name for name, _, _ in _COMMANDS}, words
        case ["make", *targets]:
            made = (ROOT / "Makefile").read_text(encoding="utf-8")
            for target in (each for each in targets if "=" not in each):
                assert re.search(rf"^{target}:", made, re.MULTILINE), words
        case ["python" | "python3", "-m", module, *_] if module.split(".")[0] in (
            "benchmarks", "training", "seem_ros",
        ):  # fmt: skip
            assert importlib.util.find_spec(module) is not None, words
        case ["python" | "python3", script, *_] if script.endswith(".py"):
            assert (ROOT / script).is_file(), words
    for option, value in zip(words, words[1:], strict=False):
        if option == "-p" and ":=" in value:
            assert value.split(":=")[0] in _parameter_names(), words
        if option in ("-r", "-f") and re.search(r"requirements/|docker/", value):
            assert (ROOT / value.removeprefix("src/seem_ros/")).is_file(), words
        if option == "--params-file" and value.startswith("config/"):
            assert (ROOT / value).is_file(), words


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_commands_name_what_there_is(page):
    for words, _ in commands_of(page):
        _check_ours(words)


def test_options_of_prompt_are_those_it_has(tmp_path, monkeypatch):
    pytest.importorskip("rclpy", reason="needs ROS 2")
    from seem_ros.ros.prompt_command import parser, prompt_of

    monkeypatch.chdir(tmp_path)
    _lay_out(tmp_path)
    seen = 0
    for words in (words for page in GUIDES for words, _ in commands_of(page)):
        if words[0] == "prompt":
            prompt_of(parser().parse_args(words[1:]))
            seen += 1
    assert seen >= 8


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Return a folder with the files that the guides' commands name."""
    folder = tmp_path_factory.mktemp("pictures")
    _lay_out(folder)
    return folder


def _lay_out(folder: Path) -> None:
    clip = demo_clip_dir()
    frames = [cv2.imread(str(clip / "frames" / f"{k:05d}.jpg")) for k in range(3)]
    labels = cv2.imread(str(clip / "labels" / "00000.png"), cv2.IMREAD_UNCHANGED)
    mug = (labels == 2).astype(np.uint8) * 255
    for name in ("photos", "more", "frames"):
        (folder / name).mkdir()
    for name in ("photo.jpg", "table.jpg", "mug.jpg", "photos/a.jpg", "more/b.jpg"):
        cv2.imwrite(str(folder / name), frames[0])
    for name in ("mug.png", "first.png", "rough.png"):
        cv2.imwrite(str(folder / name), mug)
    video = cv2.VideoWriter(
        str(folder / "clip.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 15, frames[0].shape[1::-1]
    )
    for at, frame in enumerate(frames):
        cv2.imwrite(str(folder / "frames" / f"{at}.jpg"), frame)
        video.write(frame)
    video.release()
    sound = ROOT / "test/speech/recordings/robot_find_the_banana.flac"
    shutil.copy(sound, folder / "recording.wav")


def runnable() -> list[Path]:
    """Return the pages with commands to run."""
    return [
        page
        for page in GUIDES
        if any(words[0] == "seem-ros" and not why for words, why in commands_of(page))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("page", runnable(), ids=name_of)
def test_commands_run(page, pictures, tmp_path, monkeypatch, capsys):
    shutil.copytree(pictures, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for words, why in commands_of(page):
        if words[0] != "seem-ros" or why:
            continue
        if words[1] == "listen":
            pytest.importorskip("pocketsphinx", reason="needs requirements/voice.txt")
        code = main(words[1:])
        assert code == 0, (words, capsys.readouterr().err)


def test_every_command_is_run_or_marked():
    """What is neither run nor marked is only looked up: programs that go on until Ctrl-C."""
    looked_up = {"clip_camera", "console_node", "make", "prompt", "python", "ros2"}
    looked_up |= {"seem_node", "source"}
    for page in GUIDES:
        for words, why in commands_of(page):
            assert why or words[0] in {"seem-ros", *looked_up}, (page, words)
