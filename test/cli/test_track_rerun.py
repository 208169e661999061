"""`seem-ros track --rerun`: what the viewer is given, and what is said where there is no rerun."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.exchange.picture_files import read_labels, write_picture
from support.flood_segmenter import draw_scene

FRAMES = 6
BLUE = (90, 60, 130, 100)
WORDS = ["track", "frames", "--text", "red", "--text", "blue"]


@pytest.fixture
def folder(tmp_path, monkeypatch, flood_model):
    """A working folder with frames in which red leaves after the second."""
    monkeypatch.chdir(tmp_path)
    for index in range(FRAMES):
        red = [("red", (10, 10, 50, 40))] if index < 2 else []
        write_picture(tmp_path / "frames" / f"{index}.png", draw_scene([*red, ("blue", BLUE)]))
    return tmp_path


@pytest.fixture
def rerun():
    return pytest.importorskip("rerun", reason="rerun is not installed: pip install rerun-sdk")


def columns_of(path, entity, name):
    """Return frame -> the value of one column of an entity."""
    from rerun.chunk import RrdReader

    found = {}
    for chunk in RrdReader(path).stream():
        batch = chunk.to_record_batch()
        if chunk.entity_path == entity and name in batch.schema.names:
            frames, values = (batch.column(each).to_pylist() for each in ("frame", name))
            found |= dict(zip(frames, values, strict=True))
    return found


def test_the_viewer_gets_pictures_masks_boxes_names_and_scores(folder, rerun, capsys):
    assert main([*WORDS, "--rerun", "new/run.rrd", "--json", "told.json"]) == 0
    path, told = folder / "new" / "run.rrd", json.loads((folder / "told.json").read_text())
    seen = [[item for item in frame["instances"] if item["box"]] for frame in told["frames"]]
    assert [len(items) for items in seen] == [2, 2, 2, 2, 1, 1]  # red coasts, then is lost
    pictures = columns_of(path, "/camera", "EncodedImage:blob")
    assert sorted(pictures) == list(range(FRAMES))
    labels = columns_of(path, "/camera/labels", "SegmentationImage:buffer")
    boxes = {
        part: columns_of(path, "/camera/boxes", f"Boxes2D:{part}")
        for part in ("class_ids", "labels", "centers", "half_sizes")
    }
    for index, items in enumerate(seen):
        written = read_labels(folder / "seem_out" / "frames" / f"{index:05d}.png")
        assert bytes(labels[index][0]) == written.astype(np.uint8).tobytes(), index
        assert boxes["class_ids"][index] == [item["id"] for item in items]
        assert boxes["labels"][index] == [f"{i['id']} {i['class_name']}" for i in items]
        corners = [
            np.array([item["box"][:2], item["box"][2:]]).mean(axis=0).tolist() for item in items
        ]
        assert [list(centre) for centre in boxes["centers"][index]] == corners
    assert boxes["half_sizes"][0][1] == [20, 20]
    scores = columns_of(path, "/score/1", "Scalars:scalars")
    assert sorted(scores) == [i for i, items in enumerate(seen) if items[0]["id"] == 1]
    assert (scores[0][0], scores[2][0]) == (pytest.approx(0.95), 0)


def test_an_earlier_file_is_kept(folder, rerun, capsys):
    assert main([*WORDS, "--rerun", "run.rrd"]) == 0
    before = (folder / "run.rrd").read_bytes()
    again = [*WORDS, "--out", "elsewhere", "--rerun", "run.rrd"]
    assert main(again) == 1
    assert "run.rrd is there from an earlier run" in capsys.readouterr().err
    assert (folder / "run.rrd").read_bytes() == before
    assert main([*again, "--overwrite"]) == 0


def test_another_kind_of_file_is_refused(folder, rerun, capsys):
    assert main([*WORDS, "--rerun", "run.mp4"]) == 1
    assert "--rerun run.mp4 must end in .rrd" in capsys.readouterr().err


def test_without_rerun_one_line_says_what_brings_it(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rerun", None)
    assert main([*WORDS, "--rerun", "run.rrd"]) == 1
    said = capsys.readouterr().err
    assert "python3 -m pip install rerun-sdk" in said
    assert said.count("\n") == 1
    assert not (folder / "seem_out").exists()
