"""A library on disk: what is taught stays, wholly or not at all, and files may lie."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from seem_ros.exchange.picture_files import read_rgb
from seem_ros.library import Library
from seem_ros.library.library import default_folder
from seem_ros.library.shelf import MOST_VIEWS
from seem_ros.model.seem import Seem
from seem_ros.segmenter import Segmenter
from support.full_disk import full_disk
from support.tiny_seem import tiny_seem

RGB = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
MASK = np.zeros((60, 80), bool)
MASK[20:50, 10:40] = True
NAME = "blue screwdriver"


def opened(path: Path, model: Seem | None = None) -> Library:
    library = Library(path)
    Segmenter(model or tiny_seem(), library=library)
    return library


@pytest.fixture()
def library(tmp_path: Path) -> Library:
    return opened(tmp_path / "objects")


def files(library: Library, ending: str) -> list[Path]:
    return sorted(library.path.rglob(f"*{ending}"))


def test_what_is_taught_is_known_after_a_restart(library: Library) -> None:
    assert (len(library), library.names, NAME in library) == (0, (), False)
    assert library.teach(f"the  {NAME}", RGB, MASK) == 1
    assert library.teach("Blue Screwdriver", RGB[:, ::-1], MASK[:, ::-1]) == 2
    again = opened(library.path)
    assert (again.names, len(again), NAME in again) == ((NAME,), 1, True)
    (thing,) = again.things()
    assert (thing.name, thing.views) == (NAME, 2)
    assert [read_rgb(path).shape for path in thing.pictures] == [(42, 42, 3)] * 2
    assert np.array_equal(read_rgb(thing.pictures[0]), RGB[14:56, 4:46])


def test_a_view_comes_back_as_it_was_remembered(library: Library) -> None:
    segmenter = Segmenter(tiny_seem(), library=library)
    library.teach(NAME, RGB, MASK)
    (view,), expected = library.views(NAME), segmenter.look(RGB).remember(MASK)
    assert torch.equal(view.cells.own, expected.cells.own)
    assert torch.equal(view.cells.others, expected.cells.others)
    pairs = zip(view.tokens.levels, expected.tokens.levels, strict=True)
    assert all(torch.allclose(a, b, atol=1e-2) for a, b in pairs)
    assert [x.tolist() for x in view.tokens.valid] == [x.tolist() for x in expected.tokens.valid]
    assert library.views("hammer") == []


def test_another_process_is_heard(library: Library) -> None:
    other = opened(library.path)
    library.teach(NAME, RGB, MASK)
    assert other.names == (NAME,)
    assert len(other.views(NAME)) == 1
    library.teach(NAME, RGB, MASK)
    assert len(other.views(NAME)) == 2
    other.forget(NAME)
    assert (library.names, library.views(NAME)) == ((), [])


def test_rename_export_and_forget(library: Library, tmp_path: Path) -> None:
    library.teach(NAME, RGB, MASK)
    library.teach("hammer", RGB, MASK)
    library.rename("HAMMER", "sledge")
    assert library.names == (NAME, "sledge")
    with pytest.raises(ValueError, match="there is a 'sledge' already"):
        library.rename(NAME, "sledge")
    assert library.export(tmp_path / "copy", ["sledge"]) == ["sledge"]
    copy = opened(tmp_path / "copy")
    assert (copy.names, len(copy.views("sledge"))) == (("sledge",), 1)
    with pytest.raises(FileExistsError):
        library.export(tmp_path / "copy")
    with pytest.raises(ValueError, match="'saw' was not taught; known are: blue screwdriver"):
        library.forget([NAME, "saw"])
    assert library.forget([NAME]) == [NAME]
    assert library.names == ("sledge",)
    assert len(files(library, ".safetensors")) == 1


def test_so_many_views_and_the_first_one_stays(library: Library) -> None:
    for count in range(MOST_VIEWS + 2):
        assert library.teach(NAME, RGB, MASK) == min(count + 1, MOST_VIEWS)
    names = [path.stem for path in files(library, ".safetensors")]
    assert names[0] == "view-0001"
    assert names[1] == "view-0004"
    assert [path.stem for path in files(library, ".png")] == names


@pytest.mark.parametrize("name", ["", " ", "a;b", "?!", "x" * 81, "a\x07b"])
def test_no_name(library: Library, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        library.teach(name, RGB, MASK)
    assert not library.path.exists()


def test_a_mask_that_does_not_fit_teaches_nothing(library: Library) -> None:
    with pytest.raises(ValueError, match="empty"):
        library.teach(NAME, RGB, np.zeros_like(MASK))
    assert len(library) == 0


def test_another_model_is_refused_with_the_reason(library: Library) -> None:
    library.teach(NAME, RGB, MASK)
    with pytest.raises(ValueError, match=r"was taught to the model tiny \(\w{12}\), which is not"):
        Segmenter(tiny_seem(seed=1), library=Library(library.path))
    library.forget(NAME)
    Segmenter(tiny_seem(seed=1), library=Library(library.path))


def test_a_failed_write_leaves_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.teach("hammer", RGB, MASK)
    before = sorted(library.path.rglob("*"))

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("seem_ros.model.tensor_files.save_file", full)
    with pytest.raises(OSError, match="no space"):
        library.teach(NAME, RGB, MASK)
    assert sorted(library.path.rglob("*")) == before
    assert library.names == ("hammer",)


def change_tensors(path: Path, digest: str, **tensors: torch.Tensor) -> None:
    known = {**load_file(path), **tensors}
    save_file(known, path, {"format": "seem_ros view/1", "digest": digest})


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"own": torch.full((3, 4), torch.nan).half()}, "not finite"),
        ({"own": torch.zeros(0, 4).half()}, "do not belong together"),
        ({"own": torch.zeros(100, 4).half()}, "unexpected kind"),
        ({"own": torch.zeros(3, 4)}, "unexpected kind"),
        ({"objects.0": torch.ones(1, 3, dtype=torch.int64)}, "do not belong together"),
        ({"more": torch.zeros(1)}, "unexpected tensors more"),
    ],
)
def test_tensors_of_strangers(
    library: Library, tensors: dict[str, torch.Tensor], reason: str
) -> None:
    library.teach(NAME, RGB, MASK)
    (path,) = files(library, ".safetensors")
    change_tensors(path, json.loads((library.path / "library.json").read_text())["digest"],
                   **tensors)  # fmt: skip
    with pytest.raises(ValueError, match=reason):
        library.views(NAME)


def test_files_of_strangers(library: Library) -> None:
    library.teach(NAME, RGB, MASK)
    (path,), (record,) = files(library, ".safetensors"), files(library, "thing.json")
    path.write_bytes(b"\x80\x04" + bytes(100))
    with pytest.raises(ValueError, match="is broken"):
        opened(library.path).views(NAME)
    path.write_bytes(bytes(8_000_001))
    with pytest.raises(ValueError, match="8,000,001 bytes, a view at most"):
        opened(library.path).views(NAME)
    for text, reason in (("[" * 60_000, "broken"), ("[]", "no record"), ("x" * 70_000, "larger")):
        record.write_text(text)
        os.utime(library.path)
        with pytest.raises(ValueError, match=reason):
            opened(library.path)


def test_where_a_users_library_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "seem_ros" / "objects"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local" / "share" / "seem_ros" / "objects"
    assert Library().path == default_folder()


@pytest.mark.parametrize("part", ["nothing", "some of the picture", "the picture alone"])
def test_teaching_on_a_full_disk_keeps_what_was_known(library: Library, part: str) -> None:
    library.teach(NAME, RGB, MASK)
    (picture,), (view,) = files(library, ".png"), files(library, ".safetensors")
    sizes = {
        "nothing": 0,
        "some of the picture": 100,
        "the picture alone": view.stat().st_size - 1,
    }
    largest = sizes[part]
    assert picture.stat().st_size < view.stat().st_size
    before = {path: path.read_bytes() for path in library.path.rglob("*") if path.is_file()}
    for name in (NAME, "red mug"):
        with full_disk(largest), pytest.raises(OSError, match="cannot write .*view-000"):
            library.teach(name, RGB[:, ::-1], MASK[:, ::-1])
    again = opened(library.path)
    assert (again.names, again.things()[0].views) == ((NAME,), 1)
    assert {path: path.read_bytes() for path in before} == before
    assert again.teach(NAME, RGB[:, ::-1], MASK[:, ::-1]) == 2
    assert again.teach("red mug", RGB, MASK) == 1
