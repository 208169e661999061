"""`seem-ros console`: what it looks at, and where the page is offered."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from seem_ros.cli import main
from seem_ros.console import running
from seem_ros.exchange.picture_files import write_picture
from support.console_bench import SCENE
from support.flood_segmenter import FloodSegmenter


@pytest.fixture
def served(monkeypatch):
    """Return what would be served: pairs of session and options."""
    segmenter = FloodSegmenter()
    segmenter.device, segmenter.vocabulary = "cpu", ("red mug",)
    segmenter.use_library = lambda library: setattr(segmenter, "library", library)
    module = types.ModuleType("seem_ros.segmenter")
    load = lambda *names, **options: segmenter  # noqa: E731
    module.Segmenter = types.SimpleNamespace(from_pretrained=load)
    monkeypatch.setitem(sys.modules, "seem_ros.segmenter", module)
    calls = []
    monkeypatch.setattr(
        running, "run", lambda session, options, ready: calls.append((session, options))
    )
    return calls


def first_picture(session):
    return session._player.first()[0]


def test_a_photo_a_folder_and_the_bundled_clip(served, tmp_path):
    for number in (1, 2):
        write_picture(tmp_path / "frames" / f"{number}.png", SCENE // number)
    photo = tmp_path / "frames" / "2.png"
    assert [main(["console", str(photo)]), main(["console", str(tmp_path / "frames")])] == [0, 0]
    assert main(["console"]) == 0
    (one, _), (folder, _), (clip, _) = served
    assert np.array_equal(first_picture(one), SCENE // 2)
    assert not one._player.has_more
    assert np.array_equal(first_picture(folder), SCENE)
    assert np.array_equal(folder._player.next()[0], SCENE // 2)
    assert clip.title == "the bundled clip"
    assert first_picture(clip).shape == (480, 640, 3)
    assert one.words() == ("red mug",)


def test_things_are_taught_into_the_users_own_library(served, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    write_picture(tmp_path / "photo.png", SCENE)
    assert main(["console", str(tmp_path / "photo.png")]) == 0
    session = served[0][0]
    assert session._library.path == tmp_path / "seem_ros" / "objects"
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert main(["console", str(tmp_path / "photo.png")]) == 0
    assert "nothing can be taught" in capsys.readouterr().err


def test_options_of_the_server(served, tmp_path):
    write_picture(tmp_path / "photo.png", SCENE)
    words = ["--host", "0.0.0.0", "--port", "9000", "--token", "a long enough token"]
    words += ["--allow-name", "arm", "--allow-name", "arm.lab"]
    assert main(["console", str(tmp_path / "photo.png"), *words]) == 0
    ((_, options),) = served
    assert (options.host, options.port, options.names) == ("0.0.0.0", 9000, ("arm", "arm.lab"))
    assert options.token == "a long enough token"


def test_what_cannot_be_shown_is_one_line(served, tmp_path, capsys):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    for name, words in (("nowhere", "no such file"), ("broken.mp4", "not a video")):
        assert main(["console", str(tmp_path / name)]) == 1
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
    assert main(["console", "--camera", "99"]) == 1
    assert "camera 99 cannot be opened" in capsys.readouterr().err
    assert served == []
