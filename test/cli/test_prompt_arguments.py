"""What options on a command line mean."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

from seem_ros.cli.prompt_arguments import add_merge_argument, wanted_of
from seem_ros.exchange.coordinates import joined_coordinates
from seem_ros.exchange.picture_files import write_picture
from seem_ros.exchange.prompt_options import add_prompt_arguments, prompt_of


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_prompt_arguments(parser)
    add_merge_argument(parser)
    return parser.parse_args(joined_coordinates(words))


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (["--click", "320", "240", "a.jpg"], ["--click=320,240", "a.jpg"]),
        (["--click", "320,240", "7.jpg"], ["--click=320,240", "7.jpg"]),
        (["--click", "320,240", "7"], ["--click=320,240", "7"]),
        (["--click", "320", "240", "7"], ["--click=320,240", "7"]),
        (["--negative", "-5", "3.5"], ["--negative=-5,3.5"]),
        (["--click", "-5,3"], ["--click=-5,3"]),
        (["--box", "1", "2", "3", "4", "x"], ["--box=1,2,3,4", "x"]),
        (["--stroke", "1", "2", "3", "4", "5", "6", "--text", "3"],
         ["--stroke=1,2,3,4,5,6", "--text", "3"]),
        (["--click", "mug.jpg"], ["--click", "mug.jpg"]),
        (["--click=1,2", "3"], ["--click=1,2", "3"]),
    ],
)  # fmt: skip
def test_numbers_belong_to_the_option_before_them(words, joined):
    assert joined_coordinates(words) == joined


def test_both_ways_of_writing_a_click_are_the_same():
    first = prompt_of(options("--click", "320", "240", "--click", "1,2", "--negative", "4", "5"))
    assert first.points == ((320, 240, 1), (1, 2, 1), (4, 5, 0))


def test_all_kinds_together_are_one_prompt(tmp_path):
    mask = np.zeros((20, 30), bool)
    mask[2:5, 3:9] = True
    write_picture(tmp_path / "m.png", mask)
    prompt = prompt_of(
        options("--stroke", "1", "2", "3", "4", "--negative-stroke", "9,9,8,8",
                "--mask", str(tmp_path / "m.png"), "--text", "mug", "--negative-text", "bowl")
    )  # fmt: skip
    assert [(s.points, s.positive) for s in prompt.strokes] == [
        (((1, 2), (3, 4)), True), (((9, 9), (8, 8)), False),
    ]  # fmt: skip
    assert np.array_equal(prompt.mask, mask)
    assert (prompt.text, prompt.negative_text) == ("mug", "bowl")
    assert prompt_of(options("--text", "mug", "--text", "plate")).text == "mug; plate"


def test_each_text_and_each_box_is_an_object():
    texts = wanted_of(options("--text", "laptop", "--text", "cup", "--negative", "1", "2"))
    assert [(item.name, item.prompts[0].text) for item in texts] == [
        ("laptop", "laptop"), ("cup", "cup"),
    ]  # fmt: skip
    assert all(item.prompts[0].points == ((1, 2, 0),) for item in texts)
    boxes = wanted_of(options("--box", "1,2,3,4", "--box", "5,6,7,8"))
    assert [item.prompts[0].boxes for item in boxes] == [((1, 2, 3, 4),), ((5, 6, 7, 8),)]


def test_one_text_and_one_box_describe_one_object():
    (item,) = wanted_of(options("--text", "cup", "--box", "1,2,3,4", "--click", "2,3"))
    prompt = item.prompts[0]
    assert (prompt.text, len(prompt.boxes), len(prompt.points)) == ("cup", 1, 1)


def test_merge_makes_one_object():
    (boxes,) = wanted_of(options("--box", "1,2,3,4", "--box", "5,6,7,8", "--merge"))
    assert boxes.prompts[0].boxes == ((1, 2, 3, 4), (5, 6, 7, 8))
    (texts,) = wanted_of(options("--text", "laptop", "--text", "cup", "--merge"))
    assert [prompt.text for prompt in texts.prompts] == ["laptop", "cup"]
    assert texts.name == "laptop and cup"


def test_what_belongs_to_which_must_be_clear():
    for more in (["--click", "1,2"], ["--box", "1,2,3,4"]):
        with pytest.raises(ValueError, match="not clear what else belongs to which"):
            wanted_of(options("--text", "a", "--text", "b", *more))


def test_each_value_of_a_mask_is_an_object(tmp_path):
    labels = np.zeros((20, 30), np.uint16)
    labels[:5], labels[10:15], labels[15:] = 3, 900, 65535  # the last one means: ignore
    write_picture(tmp_path / "m.png", labels)
    named = ["--mask", str(tmp_path / "m.png")]
    wanted = wanted_of(options(*named))
    assert [item.name for item in wanted] == ["mask 3", "mask 900"]
    assert np.array_equal(wanted[1].prompts[0].mask, labels == 900)
    (whole,) = wanted_of(options(*named, "--merge"))
    assert np.array_equal(whole.prompts[0].mask, labels > 0)
    write_picture(tmp_path / "m.png", np.zeros((20, 30), np.uint8))
    with pytest.raises(ValueError, match="is empty"):
        wanted_of(options(*named))


def test_nothing_asked():
    assert wanted_of(options()) == []
    assert wanted_of(options("--merge")) == []
