"""Prompt: structure, checks against an image, rescaling, merging."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from seem_ros.prompts import Mode, Prompt, PromptKind, Stroke, merge

NAN = float("nan")


def square_mask(height: int = 20, width: int = 30) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[5:15, 10:20] = True
    return mask


def test_kinds_names_every_evidence_present():
    rgb = np.zeros((20, 30, 3), np.uint8)
    prompt = Prompt(
        points=[(1, 2, 1)],
        boxes=[(0, 0, 4, 4)],
        strokes=[Stroke([(1, 1), (2, 2)])],
        mask=square_mask(),
        text="mug",
        example=(rgb, square_mask()),
    )
    assert prompt.kinds == PromptKind(63)
    assert Prompt(text=" ").is_empty
    assert not Prompt(text="mug").has_spatial
    assert Prompt(boxes=[(0, 0, 1, 1)]).has_spatial


def test_constants_are_those_of_the_messages():
    assert [mode.value for mode in Mode] == [0, 1, 2, 3, 4, 5, 6]
    assert PromptKind.MEMORY == 64


def test_uint8_mask_becomes_bool():
    prompt = Prompt(mask=square_mask().astype(np.uint8) * 255)
    assert prompt.mask is not None
    assert prompt.mask.dtype == np.bool_
    assert prompt.mask.sum() == 100


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"points": [(1, 2, 2)]}, "point label must be 1"),
        ({"points": [(1, 2)]}, "3 numbers"),
        ({"points": [("a", 2, 1)]}, "3 numbers"),
        ({"boxes": [(1, 2, 3)]}, "4 numbers"),
        ({"mask": np.zeros((4, 4, 3), bool)}, "mask must have shape"),
        ({"mask": np.zeros((4, 4), np.float32)}, "got float32"),
        ({"example": (np.zeros((4, 4, 3), np.uint8), None)}, "needs its mask"),
        ({"example": (np.zeros((4, 4, 3), np.uint8), np.ones((5, 4), bool))}, "example mask is"),
        ({"example": (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), bool))}, "is empty"),
        ({"example": (np.zeros((4, 4, 3), np.float64), np.ones((4, 4), bool))}, "got float64"),
        ({"instance_id": 65536}, "0..65535"),
        ({"instance_id": 1.5}, "must be an integer"),
        ({"image_size": (0, 4)}, "both positive"),
        ({"text": 3}, "text must be a string"),
        ({"mode": 9}, "9 is not a valid Mode"),
    ],
)
def test_wrong_structure_is_refused_when_built(fields, reason):
    with pytest.raises(ValueError, match=reason):
        Prompt(**fields)


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (Prompt(), "empty prompt"),
        (Prompt(points=[(NAN, 2, 1)]), "not finite"),
        (Prompt(points=[(30, 2, 1)]), r"point \(30, 2\) is outside the 30x20 image"),
        (Prompt(points=[(-1, 2, 1)]), "outside"),
        (Prompt(points=[(3, 20, 1)]), "outside"),
        (Prompt(boxes=[(1, 1, 1, 5)]), "no area"),
        (Prompt(boxes=[(5, 1, 1, 5)]), "no area"),
        (Prompt(boxes=[(0, 0, 31, 5)]), "outside"),
        (Prompt(boxes=[(0, 0, NAN, 5)]), "not finite"),
        (Prompt(strokes=[Stroke(())]), "no points"),
        (Prompt(strokes=[Stroke([(1, 40)])]), "stroke point"),
        (Prompt(strokes=[Stroke([(1, 4)], width=0)]), "width"),
        (Prompt(mask=square_mask(21, 30)), r"mask is \(21, 30\), the image \(20, 30\)"),
        (Prompt(mask=np.zeros((20, 30), bool)), "mask is empty"),
        (Prompt(points=[(3, 3, 0)]), "only negative"),
        (Prompt(negative_text="table"), "only negative"),
        (Prompt(strokes=[Stroke([(1, 4)], positive=False)]), "only negative"),
    ],
)
def test_prompt_that_does_not_fit_the_image_is_refused(prompt, reason):
    with pytest.raises(ValueError, match=reason):
        prompt.validated(20, 30)


def test_negative_evidence_is_allowed_where_there_is_something_to_refine():
    assert Prompt(points=[(3, 3, 0)]).validated(20, 30, has_instance=True).points == ((3, 3, 0),)
    assert Prompt(points=[(3, 3, 0)], instance_id=4).validated(20, 30).instance_id == 4


def test_commands_need_no_evidence():
    assert Prompt(mode=Mode.UNDO).validated(20, 30).mode is Mode.UNDO


def test_prompt_of_another_size_is_rescaled():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:40] = True
    prompt = Prompt(
        points=[(50, 30, 1)],
        boxes=[(0, 0, 60, 40)],
        strokes=[Stroke([(4, 6)], width=8)],
        mask=mask,
        image_size=(40, 60),
    ).validated(20, 30)
    assert prompt.points == ((25, 15, 1),)
    assert prompt.boxes == ((0, 0, 30, 20),)
    assert prompt.strokes[0] == Stroke(((2, 3),), width=4)
    np.testing.assert_array_equal(prompt.mask, square_mask())
    assert prompt.image_size == (20, 30)


def test_rescaling_checks_against_the_size_the_prompt_was_drawn_on():
    with pytest.raises(ValueError, match="30x20"):
        Prompt(points=[(35, 3, 1)], image_size=(20, 30)).validated(200, 300)


def test_merge_accumulates_clicks_and_replaces_the_rest():
    first = Prompt(points=[(1, 1, 1)], boxes=[(0, 0, 9, 9)], text="mug", label="cup", id="a")
    second = Prompt(points=[(5, 5, 0)], text="red mug", id="b", mode=Mode.REFINE)
    merged = merge(first, second)
    assert merged.points == ((1, 1, 1), (5, 5, 0))
    assert merged.boxes == ((0, 0, 9, 9),)
    assert (merged.text, merged.label, merged.id, merged.mode) == (
        "red mug",
        "cup",
        "b",
        Mode.REFINE,
    )


def test_merge_refuses_different_sizes():
    with pytest.raises(ValueError, match="different|sizes"):
        merge(Prompt(text="a", image_size=(2, 3)), Prompt(text="b", image_size=(4, 6)))


def test_importing_prompts_does_not_import_torch():
    code = "import sys; from seem_ros import Prompt, Instance; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
