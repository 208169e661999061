"""`seem-ros segment`: many images and objects, and no file lost."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.cli.image_paths import image_paths
from seem_ros.exchange.picture_files import read_mask, write_picture
from support.flood_segmenter import draw_scene

RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)
SCENE = draw_scene([("red", RED), ("blue", BLUE)])
RED_AREA, BLUE_AREA = 40 * 30, 40 * 40

pytestmark = pytest.mark.usefixtures("flood_model")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with two scenes; only the first one has something blue."""
    monkeypatch.chdir(tmp_path)
    write_picture(tmp_path / "in" / "a_2.png", SCENE)
    write_picture(tmp_path / "in" / "a_10.png", draw_scene([("red", RED)]))
    return tmp_path


def area(path) -> int:
    return int(np.count_nonzero(read_mask(path)))


def test_masks_go_into_a_folder_of_their_own(folder):
    assert main(["segment", "in/a_2.png", "--text", "red"]) == 0
    assert area(folder / "seem_out" / "a_2.png") == RED_AREA


def test_a_folder_of_images(folder, capsys):
    assert main(["segment", "in", "--text", "blue", "--json", "r.json", "--out", "out"]) == 0
    assert [path.name for path in (folder / "out").iterdir()] == ["a_2.png"]
    first, second = json.loads((folder / "r.json").read_text())
    assert (first["image"], first["found"], first["mask"]) == ("in/a_2.png", True, "out/a_2.png")
    assert (second["found"], second["mask"], second["box"]) == (False, None, None)
    assert "in/a_10.png: nothing fits 'blue'" in capsys.readouterr().err


def test_two_texts_are_two_objects(folder):
    command = ["segment", "in/a_2.png", "--text", "red", "--text", "blue", "--text", "green"]
    assert main([*command, "--json", "r.json", "--overlay", "o.png"]) == 0
    out = folder / "seem_out"
    assert sorted(path.name for path in out.iterdir()) == ["a_2_1_red.png", "a_2_2_blue.png"]
    assert area(out / "a_2_1_red.png") == RED_AREA
    assert area(out / "a_2_2_blue.png") == BLUE_AREA
    results = json.loads((folder / "r.json").read_text())["results"]
    assert [(item["prompt"], item["area"]) for item in results] == [
        ("red", RED_AREA), ("blue", BLUE_AREA), ("green", 0),
    ]  # fmt: skip
    assert (folder / "o.png").is_file()


def test_two_boxes_are_two_objects_and_merge_joins_them(folder):
    boxes = ["--box", "8", "8", "52", "42", "--box", "88,58,132,102"]
    assert main(["segment", "in/a_2.png", *boxes]) == 0
    assert area(folder / "seem_out" / "a_2_2_box.png") == BLUE_AREA
    assert main(["segment", "in/a_2.png", *boxes, "--merge", "--out", "m.png"]) == 0
    assert area(folder / "m.png") == RED_AREA + BLUE_AREA
    texts = ["--text", "red", "--text", "blue", "--merge", "--out", "t.png"]
    assert main(["segment", "in/a_2.png", *texts]) == 0
    assert area(folder / "t.png") == RED_AREA + BLUE_AREA


def test_json_also_when_nothing_is_found(folder):
    assert main(["segment", "in/a_2.png", "--text", "green", "--json", "r.json"]) == 3
    record = json.loads((folder / "r.json").read_text())
    assert (record["found"], record["objects"], record["mask"]) == (False, [], None)
    assert not (folder / "seem_out").exists()


def test_no_mask_of_an_earlier_run_is_left_for_one_that_found_nothing(folder):
    assert main(["segment", "in/a_2.png", "--text", "red", "--out", "m.png"]) == 0
    assert main(["segment", "in/a_2.png", "--text", "green", "--out", "m.png"]) == 3
    assert not (folder / "m.png").exists()


def test_a_broken_image_does_not_stop_the_others(folder, capsys):
    (folder / "in" / "a_1.png").write_text("no picture")
    assert main(["segment", "in", "--text", "red", "--json", "r.json"]) == 1
    assert len(list((folder / "seem_out").iterdir())) == 2
    assert len(json.loads((folder / "r.json").read_text())) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "seem-ros: not a picture that can be read: in/a_1.png"
    assert lines[-1] == "seem-ros: 1 of 3 images could not be segmented"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["in/a_2.png", "--out", "m.jpg"], "m.jpg must end in .png"),
        (["in", "--out", "m.png"], "--out m.png is one file for 2 images"),
        (["in", "--overlay", "o.jpg"], "--overlay o.jpg is one file for 2 images"),
        (["in", "--out", "in"], "in/a_2.png is read, so it cannot be written to as well"),
        (["in/a_2.png", "--overlay", "in/a_2.png"], "cannot be written to as well"),
        (["in/*.tiff"], "no file fits 'in/*.tiff'"),
    ],
)
def test_what_would_lose_something_is_refused(folder, capsys, options, reason):
    before = (folder / "in" / "a_2.png").read_bytes()
    assert main(["segment", *options, "--text", "red"]) == 1
    assert reason in capsys.readouterr().err
    assert (folder / "in" / "a_2.png").read_bytes() == before
    assert not (folder / "seem_out").exists()


def test_images_of_one_name_do_not_write_over_each_other(folder):
    write_picture(folder / "other" / "a_2.png", draw_scene([("red", (0, 0, 20, 20))]))
    assert main(["segment", "in/a_2.png", "other/a_2.png", "--text", "red"]) == 0
    assert area(folder / "seem_out" / "a_2.png") == RED_AREA
    assert area(folder / "seem_out" / "a_2-2.png") == 400


def test_patterns_folders_and_odd_names(folder):
    write_picture(folder / "in" / "[x].png", SCENE)
    assert [str(path) for path in image_paths(["in/a*.png"])] == ["in/a_2.png", "in/a_10.png"]
    assert [str(path) for path in image_paths(["in/[x].png"])] == ["in/[x].png"]
    assert len(image_paths(["in", "in/a_2.png"])) == 3
    assert [path.name for path in image_paths(["**/a_2.png"])] == ["a_2.png"]


TWO_RED = draw_scene([("red", RED), ("red", BLUE), ("blue", (60, 10, 80, 20))])


def _reading(folder, *options) -> int:
    write_picture(folder / "two.png", TWO_RED)
    return main(["segment", "two.png", "--click", "20", "20", "--out", "m.png", *options])


def test_another_reading_of_a_click(folder, capsys):
    assert _reading(folder) == 0
    assert area(folder / "m.png") == RED_AREA
    assert _reading(folder, "--next", "1") == 0
    assert area(folder / "m.png") == RED_AREA + BLUE_AREA
    assert _reading(folder, "--next", "2") == 0
    assert area(folder / "m.png") == RED_AREA + BLUE_AREA + 200
    assert _reading(folder, "--next", "3") == 1
    assert "--next 3: 2 other reading(s) are known" in capsys.readouterr().err


def test_all_readings_are_written_outlined_and_listed(folder):
    assert _reading(folder, "--readings", "--json", "r.json", "--overlay", "o.png") == 0
    readings = json.loads((folder / "r.json").read_text())["readings"]
    assert [item["mask"] for item in readings] == ["m.png", "m_reading2.png", "m_reading3.png"]
    assert [item["area"] for item in readings] == [RED_AREA, 2800, 3000]
    assert [area(folder / item["mask"]) for item in readings] == [RED_AREA, 2800, 3000]
    outlined = (folder / "o.png").read_bytes()
    assert _reading(folder, "--overlay", "o.png") == 0
    assert (folder / "o.png").read_bytes() != outlined
    write_picture(folder / "two.png", SCENE)
    command = ["segment", "two.png", "--click", "20", "20", "--out", "m.png", "--readings"]
    assert main(command) == 0
    assert area(folder / "m_reading2.png") == RED_AREA + BLUE_AREA
    assert not (folder / "m_reading3.png").exists()  # of the run before


def test_the_taken_reading_is_the_first_of_those_written(folder):
    assert _reading(folder, "--next", "1", "--readings", "--json", "r.json") == 0
    readings = json.loads((folder / "r.json").read_text())["readings"]
    assert [item["area"] for item in readings] == [2800, RED_AREA, 3000]


def test_words_have_one_reading(folder, capsys):
    assert main(["segment", "in/a_2.png", "--text", "red", "--next", "1"]) == 1
    assert "--next 1: 0 other reading(s) are known" in capsys.readouterr().err
