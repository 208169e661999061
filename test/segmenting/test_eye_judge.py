"""Whose mask is answered: the model's own, or one of the second eye's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seem_ros.segmenting.eye_judge import Case, Choice, Opinion, chosen

SURE = Opinion(holds=True, agreement=0.9, expected=0.97, sure=0.95, fit=0.9)
DOUBTFUL = replace(SURE, agreement=0.3, expected=0.7)
TWO_CLICKS = Case(
    clicks=2, has_box=False, model_holds=True, model_sure=0.8, model_fit=0.0,
    held=SURE, hinted=DOUBTFUL, steady=0.5,
)  # fmt: skip
BOX = replace(TWO_CLICKS, clicks=0, has_box=True, model_fit=0.88)


def test_an_exacter_mask_of_the_same_thing_is_believed() -> None:
    assert chosen(TWO_CLICKS) is Choice.HELD
    assert chosen(BOX) is Choice.HELD


@pytest.mark.parametrize(
    "change",
    [{"agreement": 0.6}, {"expected": 0.85}, {"sure": 0.7}, {"holds": False}],
    ids=lambda change: next(iter(change)),
)
def test_a_doubtful_one_is_not(change: dict[str, Any]) -> None:
    assert chosen(replace(TWO_CLICKS, held=replace(SURE, **change))) is Choice.MODEL


def test_a_click_that_the_model_misses_too_speaks_against_neither() -> None:
    missing = replace(SURE, holds=False)
    assert chosen(replace(TWO_CLICKS, held=missing, model_holds=False)) is Choice.HELD


def test_a_model_that_is_sure_is_believed_unless_it_misses_a_click() -> None:
    clear = replace(TWO_CLICKS, clicks=3, hinted=SURE, model_sure=0.95)
    assert chosen(clear) is Choice.MODEL
    assert chosen(replace(clear, model_holds=False)) is Choice.HINTED


@pytest.mark.parametrize(
    ("change", "choice"),
    [
        ({"model_fit": 0.7, "steady": 0.95}, Choice.HELD),
        ({"model_fit": 0.88, "steady": 0.95}, Choice.MODEL),
        ({"model_fit": 0.7, "steady": 0.8}, Choice.MODEL),
        ({"model_fit": 0.7, "steady": 0.95, "has_box": False}, Choice.MODEL),
    ],
)
def test_a_steady_mask_that_fills_a_box_better_is_believed_against_the_model(
    change: dict[str, Any], choice: Choice
) -> None:
    another = replace(BOX, held=replace(SURE, agreement=0.3, expected=0.8))
    assert chosen(replace(another, **change)) is choice


def test_a_mask_that_fits_a_box_worse_is_not_exacter() -> None:
    assert chosen(replace(BOX, model_fit=0.94)) is Choice.HELD
    assert chosen(replace(BOX, model_fit=0.96)) is Choice.MODEL


def test_of_two_that_are_sure_of_a_box_the_one_that_was_only_hinted_at_is_answered() -> None:
    both = replace(BOX, hinted=SURE, steady=0.95)
    assert chosen(both) is Choice.HINTED
    assert chosen(replace(both, steady=0.8)) is Choice.HELD


def test_three_clicks_find_what_the_model_took_for_something_else() -> None:
    found = replace(DOUBTFUL, expected=0.92)
    assert chosen(replace(TWO_CLICKS, hinted=found)) is Choice.HELD
    three = replace(TWO_CLICKS, clicks=3, hinted=found)
    assert chosen(three) is Choice.HINTED
    assert chosen(replace(three, hinted=replace(found, holds=False))) is Choice.HELD
    assert chosen(replace(three, hinted=DOUBTFUL)) is Choice.HELD
