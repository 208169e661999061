"""`seem-ros track` on a full disk: one line that names the file, exit code 1, nothing lost."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.exchange.picture_files import write_picture
from support.full_disk import full_disk

FRAMES = 4


@pytest.fixture
def folder(tmp_path, monkeypatch, flood_model):
    """A working folder with frames of noise, which no video makes small, and a red thing."""
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0)
    for index in range(FRAMES):
        rgb = noise.integers(0, 255, (120, 160, 3), np.uint8)
        rgb[20:60, 20:60] = (200, 30, 30)
        write_picture(tmp_path / "frames" / f"{index}.png", rgb)
    return tmp_path


@pytest.mark.parametrize("name", ["out.mp4", "out.avi", "out.mkv"])
def test_a_video_that_is_cut_off_is_no_success(folder, capfd, name):
    with full_disk(12_000):
        assert main(["track", "frames", "--text", "red", "--video", name]) == 1
    error = capfd.readouterr().err.splitlines()[-1]
    assert error == f"seem-ros: {name} is not complete: is the disk full?"
    assert len(list((folder / "seem_out" / "frames").glob("*.png"))) == FRAMES


def test_pictures(folder, capfd):
    with full_disk(5_000):
        assert main(["track", "frames", "--text", "red", "--overlay", "drawn"]) == 1
    assert "seem-ros: cannot write drawn/00000.jpg: " in capfd.readouterr().err


def test_the_json_of_an_earlier_run_is_kept(folder, capfd):
    command = ["track", "frames", "--text", "red", "--json", "r.json", "--overwrite"]
    assert main(command) == 0
    before = (folder / "r.json").read_text()
    with full_disk(len(before) // 2):
        assert main(command) == 1
    assert "seem-ros: cannot write r.json: File too large" in capfd.readouterr().err
    assert (folder / "r.json").read_text() == before
    assert len(json.loads(before)["frames"]) == FRAMES
    assert sorted(path.name for path in folder.iterdir()) == ["frames", "r.json", "seem_out"]
