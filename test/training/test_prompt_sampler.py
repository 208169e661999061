"""Simulated operators point where they should."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import box_of, iou
from training.data.prompt_sampler import (
    KINDS,
    box_around,
    click_in,
    corrective_click,
    drifted_mask,
    first_prompt,
    hasty_box,
    rough_mask,
    scribble,
)

TRUTH = np.zeros((80, 120), bool)
TRUTH[20:60, 30:90] = True
NOTHING = np.zeros_like(TRUTH)


@pytest.fixture()
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_clicks_lie_well_inside(rng: np.random.Generator) -> None:
    for _ in range(50):
        x, y = click_in(TRUTH, rng)
        assert 39 <= x <= 80
        assert 29 <= y <= 50


def test_a_corrective_click_goes_into_the_larger_error(rng: np.random.Generator) -> None:
    predicted = TRUTH.copy()
    predicted[:, 30:60] = False  # half of it missed
    predicted[0:5, 0:5] = True  # a little spilled
    x, y, label = corrective_click(predicted, TRUTH, NOTHING, rng)
    assert label == 1
    assert TRUTH[y, x]
    assert not predicted[y, x]
    spilled = TRUTH.copy()
    spilled[:, 95:] = True
    x, y, label = corrective_click(spilled, TRUTH, NOTHING, rng)
    assert (label, x >= 95) == (0, True)
    assert corrective_click(TRUTH, TRUTH, NOTHING, rng) is None


def test_errors_in_ignored_pixels_are_not_clicked(rng: np.random.Generator) -> None:
    spilled = TRUTH.copy()
    spilled[:, 95:] = True
    ignore = NOTHING.copy()
    ignore[:, 95:] = True
    assert corrective_click(spilled, TRUTH, ignore, rng) is None


def test_a_drifted_mask_is_near_the_instance_but_not_it(rng: np.random.Generator) -> None:
    overlaps = [iou(drifted_mask(TRUTH, rng), TRUTH) for _ in range(40)]
    assert min(overlaps) > 0
    assert 0.6 < np.median(overlaps) < 0.95
    assert min(overlaps) < 0.6


def test_boxes_are_near_the_true_box(rng: np.random.Generator) -> None:
    exact = np.array(box_of(TRUTH))
    boxes = np.array([box_around(TRUTH, rng) for _ in range(100)])
    assert (np.abs(boxes - exact) <= np.array([4.8, 3.2, 4.8, 3.2]) + 1e-6).all()
    assert (boxes == exact).all(1).any()
    assert not (boxes == exact).all()


def test_boxes_drawn_in_haste_are_mostly_too_large(rng: np.random.Generator) -> None:
    x0, y0, x1, y1 = box_of(TRUTH)
    drawn = np.array([hasty_box(TRUTH, rng) for _ in range(100)])
    outwards = (drawn - [x0, y0, x1, y1]) * [-1, -1, 1, 1] / [60, 40, 60, 40]
    assert 0.03 < outwards.mean() < 0.08
    assert outwards.max() <= 0.2 + 1e-9
    assert -0.08 - 1e-9 <= outwards.min() < 0
    corner = np.zeros_like(TRUTH)
    corner[:30, :40] = True
    assert min(min(hasty_box(corner, rng)[:2]) for _ in range(20)) == 0, "within the picture"


def test_scribbles_and_rough_masks_fit_the_object(rng: np.random.Generator) -> None:
    stroke = scribble(TRUTH, rng)
    assert all(TRUTH[int(y), int(x)] for x, y in stroke.points)
    overlaps = [iou(rough_mask(TRUTH, rng), TRUTH) for _ in range(20)]
    assert 0.5 < np.mean(overlaps) < 0.97


def test_every_kind_of_first_prompt_is_drawn(rng: np.random.Generator) -> None:
    drawn = [first_prompt(TRUTH, rng) for _ in range(200)]
    assert {kind for kind, _ in drawn} == set(KINDS)
    for kind, prompt in drawn:
        assert not prompt.is_empty or kind in ("reference", "followed")
        if kind == "click+box":
            assert prompt.points
            assert prompt.boxes
