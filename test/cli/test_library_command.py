"""seem-ros library: what it prints, and what it leaves on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.library import Library
from seem_ros.segmenter import Segmenter
from support.tiny_seem import tiny_seem

RGB = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
MASK = np.zeros((40, 60), bool)
MASK[10:30, 20:40] = True


@pytest.fixture()
def folder(tmp_path: Path) -> str:
    library = Library(tmp_path / "objects")
    Segmenter(tiny_seem(), library=library)
    library.teach("hammer", RGB, MASK)
    library.teach("red mug", RGB, MASK)
    library.teach("red mug", RGB, MASK)
    return str(library.path)


def test_list_rename_export_forget(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["library", "--library", folder, "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:3] == ["hammer", "1", "view"]
    assert second.split()[:4] == ["red", "mug", "2", "views"]
    assert Path(second.split()[-1]).name == "view-0002.png"
    assert main(["library", "--library", folder, "rename", "Hammer", "sledge"]) == 0
    copy = f"{folder}-copy"
    assert main(["library", "--library", folder, "export", copy, "sledge"]) == 0
    assert Library(copy).names == ("sledge",)
    assert main(["library", "--library", folder, "forget", "sledge", "red mug"]) == 0
    assert len(Library(folder)) == 0
    assert main(["library", "--library", folder, "list"]) == 0
    assert capsys.readouterr().out.endswith(f"nothing was taught yet ({folder})\n")


def test_what_is_not_known_is_one_line_and_exit_1(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["library", "--library", folder, "forget", "saw"]) == 1
    said = capsys.readouterr().err
    assert said == "seem-ros: 'saw' was not taught; known are: hammer, red mug\n"
    assert Library(folder).names == ("hammer", "red mug")
