"""Clicks, strokes and masks drawn as boolean images."""

from __future__ import annotations

import numpy as np

from seem_ros.prompts import Prompt, Stroke, rasterize
from seem_ros.prompts.rasterize import click_radius


def test_click_is_a_disc_of_radius_three():
    masks = rasterize(Prompt(points=[(20.9, 10, 1), (5, 5, 0)]), 40, 60)
    rows, columns = np.nonzero(masks.positive)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7, 13, 17, 23)
    assert masks.positive[10, 20]
    assert not masks.positive[7, 17]
    assert masks.negative[5, 5]
    assert not (masks.positive & masks.negative).any()


def test_click_grows_with_the_image():
    assert click_radius(480, 640) == 3
    assert click_radius(1080, 1920) == 7


def test_click_at_the_corner_is_drawn():
    assert rasterize(Prompt(points=[(0, 0, 1)]), 40, 60).positive[0, 0]
    assert rasterize(Prompt(points=[(59.5, 39.5, 1)]), 40, 60).positive[39, 59]


def test_stroke_has_its_width_and_sign():
    strokes = [Stroke([(10, 20), (50, 20)], width=5), Stroke([(30, 5)], width=6, positive=False)]
    masks = rasterize(Prompt(strokes=strokes), 40, 60)
    assert np.flatnonzero(masks.positive[:, 30]).tolist() == [18, 19, 20, 21, 22]
    assert masks.negative[5, 30]
    assert not masks.positive[5, 30]


def test_later_click_wins_over_the_mask():
    mask = np.ones((40, 60), bool)
    masks = rasterize(Prompt(mask=mask, points=[(30, 20, 0)]), 40, 60)
    assert masks.negative[20, 30]
    assert not masks.positive[20, 30]
    assert masks.positive[0, 0]


def test_boxes_are_not_drawn():
    masks = rasterize(Prompt(boxes=[(1, 1, 30, 30)]), 40, 60)
    assert not masks.positive.any()
    assert not masks.negative.any()
