"""The stand-in answers from pixels, as its users assume."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.prompts import Prompt
from support.flood_segmenter import FloodSegmenter, draw_scene

RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)


@pytest.fixture
def segmenter() -> FloodSegmenter:
    flood = FloodSegmenter()
    flood.set_image(draw_scene([("red", RED), ("blue", BLUE)]))
    return flood


def test_click_box_and_text_find_the_shape(segmenter):
    for prompt in (
        Prompt(points=[(20, 20, 1)]),
        Prompt(boxes=[(5, 5, 60, 50)]),
        Prompt(text="the red thing"),
    ):
        result = segmenter.predict(prompt)
        assert result.found
        assert (result.objects[0].box, result.class_name) == (RED, "red")
        assert result.mask.sum() == 40 * 30


def test_background_and_absent_names(segmenter):
    assert segmenter.predict(Prompt(points=[(150, 110, 1)])).score < 0.5
    assert not segmenter.predict(Prompt(text="yellow")).found


def test_previous_mask_follows_a_small_move_and_not_another_colour(segmenter):
    previous = segmenter.predict(Prompt(points=[(20, 20, 1)]))
    segmenter.set_image(draw_scene([("red", (20, 14, 60, 44))]))
    moved = segmenter.predict(Prompt(text="red"), previous)
    assert moved.objects[0].box == (20, 14, 60, 44)
    segmenter.set_image(draw_scene([("blue", RED)]))
    assert not segmenter.predict(Prompt(text="x"), previous).found


def test_negative_click_removes_a_region(segmenter):
    both = segmenter.predict(Prompt(points=[(20, 20, 1), (100, 80, 1)]))
    one = segmenter.predict(Prompt(points=[(100, 80, 0)]), both)
    assert np.array_equal(one.mask, segmenter.predict(Prompt(points=[(20, 20, 1)])).mask)
