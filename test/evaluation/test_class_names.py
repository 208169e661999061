"""Right names and honest scores, by hand-computed records and a model that names by colour."""

from __future__ import annotations

import pytest

from seem_ros.evaluation.class_names import (
    ClassRecord,
    calibration_error,
    measure_picture,
    summarise,
)
from seem_ros.evaluation.pictures import LabelledPicture
from support.flood_segmenter import FloodSegmenter, draw_scene


def _records(*scores_and_rights: tuple[float, bool]) -> list[ClassRecord]:
    return [
        ClassRecord("set/one", "cup", "cup" if right else "hat", score)
        for score, right in scores_and_rights
    ]


def test_honest_scores_have_no_calibration_error():
    half_right = [(0.5, True), (0.5, False)]
    assert calibration_error(_records(*half_right, (1.0, True))) == pytest.approx(0)


def test_boasting_and_modesty_do_not_cancel_out():
    records = _records((0.9, False), (0.1, True))
    assert calibration_error(records) == pytest.approx(0.9)


def test_figures_over_objects():
    figures = summarise(_records((0.8, True), (0.4, False)))
    assert figures["objects"] == 2
    assert figures["right"] == 0.5
    assert figures["mean_score"] == pytest.approx(0.6)
    assert figures["calibration"] == pytest.approx((0.2 + 0.4) / 2)
    with pytest.raises(ValueError, match="name of the vocabulary"):
        summarise([])


def test_only_shown_names_count_and_synonyms_are_right():
    records = [
        ClassRecord("set/one", "tvmonitor", "tv", 0.9),
        ClassRecord("set/one", "cup", "", 0.0),
        ClassRecord("set/one", "cup", "hat", 0.8),
        ClassRecord("set/one", "hat", "hat", 0.9),
    ]
    figures = summarise(records)
    assert figures["shown"] == pytest.approx(3 / 4)
    assert figures["right"] == pytest.approx(2 / 3)
    assert summarise(records[1:2]) == {"objects": 1, "shown": 0}


def test_only_names_of_the_vocabulary_are_asked():
    places = {1: ("red", (10, 10, 50, 40)), 2: ("blue", (90, 60, 130, 100))}
    rgb = draw_scene(list(places.values()))
    labels = rgb[..., 0] * 0 + (rgb != rgb[0, 0]).any(-1)
    labels = labels.astype("uint16")
    labels[60:] *= 2
    picture = LabelledPicture("drawn/one", rgb, labels, {1: "red", 2: "sky"})
    (record,) = measure_picture(FloodSegmenter(), picture, {"red", "blue"})
    assert (record.truth, record.given, record.right) == ("red", "red", True)
