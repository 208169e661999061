"""Whose mask is answered: the model's own, or that of the second eye."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seem_ros.segmenting.eye_judge import BoxFit, Opinions, prefers_eye

SURE = Opinions(eye_holds=True, model_holds=True, agreement=0.9, expected=0.97, sure=0.95)


def test_an_exacter_mask_of_the_same_thing_is_believed() -> None:
    assert prefers_eye(SURE)


@pytest.mark.parametrize(
    "change",
    [{"agreement": 0.6}, {"expected": 0.85}, {"sure": 0.7}, {"eye_holds": False}],
    ids=lambda change: next(iter(change)),
)
def test_a_doubtful_one_is_not(change: dict[str, float]) -> None:
    assert not prefers_eye(replace(SURE, **change))


def test_a_click_that_the_model_misses_too_speaks_against_neither() -> None:
    assert prefers_eye(replace(SURE, eye_holds=False, model_holds=False))


@pytest.mark.parametrize(
    ("fit", "believed"),
    [
        (BoxFit(eye=0.9, model=0.7, steady=0.95), True),
        (BoxFit(eye=0.9, model=0.88, steady=0.95), False),
        (BoxFit(eye=0.9, model=0.7, steady=0.8), False),
    ],
)
def test_a_steady_mask_that_fills_a_box_better_is_believed_against_the_model(
    fit: BoxFit, believed: bool
) -> None:
    another = replace(SURE, agreement=0.3, expected=0.8, fit=fit)
    assert prefers_eye(another) is believed
    assert not prefers_eye(replace(another, eye_holds=False))
