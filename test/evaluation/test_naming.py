"""Figures of words on pictures, by hand-computed records."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros import Segmenter
from seem_ros.evaluation.naming import TextRecord, curve, measure_picture, summarise
from seem_ros.evaluation.pictures import LabelledPicture

RECORDS = [
    TextRecord("set/one", "cup", True, True, 0.8, 0.9),
    TextRecord("set/one", "box", True, True, 0.4, 0.62),
    TextRecord("set/one", "hat", True, False, 0.0),
    TextRecord("set/one", "dog", False, True, 0.0, 0.62),
    TextRecord("set/one", "cow", False, False, 0.0),
]


def test_answers_to_absent_names_are_wrong_answers():
    figures = summarise(RECORDS)
    assert figures["iou"] == pytest.approx(0.4)
    assert figures["found"] == pytest.approx(2 / 3)
    assert figures["absent_refused"] == 0.5
    assert figures["answers_right"] == pytest.approx(1 / 3)


def test_the_curve_takes_only_answers_of_a_least_score():
    points = {point.least_score: point for point in curve(RECORDS)}
    assert (points[0.0].given, points[0.0].refused) == (pytest.approx(2 / 3), 0.5)
    assert points[0.0].right == pytest.approx(1 / 3)
    strict = points[0.65]
    assert (strict.given, strict.right, strict.refused) == (pytest.approx(1 / 3), 1.0, 1.0)


def test_a_set_without_answers_has_no_share_of_right_ones():
    refused = [TextRecord("set/one", "hat", True, False, 0.0)]
    assert "answers_right" not in summarise(refused)
    assert curve(refused)[0].right is None
    assert curve(refused)[0].refused is None


def test_a_name_that_is_refused_as_a_sentence_finds_nothing() -> None:
    nano = Segmenter.from_pretrained("nano", second_eye=False)
    labels = np.zeros((240, 320), np.uint16)
    labels[60:180, 80:240] = 1
    rgb = np.full((240, 320, 3), 90, np.uint8)
    rgb[labels == 1] = (220, 120, 20)
    names = {1: "table with cloth next to a chair"}
    picture = LabelledPicture("set/one", rgb, labels, names)
    records = measure_picture(nano, picture, [])
    assert [(record.present, record.found) for record in records] == [(True, False)]
