"""Panoptic quality by hand-computed values, and with a model that sees the truth."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.evaluation.everything import (
    EverythingRecord,
    measure_picture,
    quality,
    summarise,
)
from seem_ros.evaluation.pictures import LabelledPicture
from seem_ros.segmentation import SegmentedObject

CUP = np.zeros((60, 80), bool)
CUP[10:30, 10:30] = True
TV = np.zeros((60, 80), bool)
TV[10:50, 40:70] = True
SPOON = np.zeros((60, 80), bool)
SPOON[55:57, 0:4] = True  # too small to be measured


class Seen:
    """A model that answers with what it is given."""

    def __init__(self, *objects: tuple[np.ndarray, str]) -> None:
        self.objects = [SegmentedObject(mask, 0.9, name) for mask, name in objects]

    def look(self, rgb: np.ndarray) -> Seen:
        return self

    def everything(self) -> tuple[None, list[SegmentedObject]]:
        return None, self.objects


def picture() -> LabelledPicture:
    labels = CUP * 1 + TV * 2 + SPOON * 3
    names = {1: "cup", 2: "tvmonitor", 3: "spoon"}
    return LabelledPicture("set/1", np.zeros((60, 80, 3), np.uint8), labels, names)


def test_what_is_all_right_has_a_quality_of_one() -> None:
    records = measure_picture(Seen((CUP, "cup"), (TV, "tv"), (SPOON, "spoon")), picture())
    figures = summarise(records)
    assert figures["objects"] == 2
    assert figures["pq"] == figures["recall"] == figures["names_right"] == 1.0


def test_half_a_thing_is_not_found() -> None:
    half = CUP.copy()
    half[:, 20:] = False
    figures = summarise(measure_picture(Seen((half, "cup"), (TV, "tv")), picture()))
    assert figures["recall"] == 0.5
    assert figures["pq"] == 0.5  # of cups nothing is right, of screens all


def test_a_name_where_nothing_is_labelled_is_wrong_and_a_mask_without_one_is_not() -> None:
    wall = np.zeros((60, 80), bool)
    wall[:8] = True
    nameless = measure_picture(Seen((CUP, "cup"), (TV, "tv"), (wall, "")), picture())
    assert summarise(nameless)["pq"] == 1.0
    named = measure_picture(Seen((CUP, "cup"), (TV, "tv"), (wall, "cup")), picture())
    assert quality(named, "cup") == pytest.approx(1 / 1.5)
    assert summarise(named)["segments_each"] == 3


def test_a_wrong_name_counts_against_both_classes() -> None:
    records = measure_picture(Seen((CUP, "tv"), (TV, "tv")), picture())
    assert (quality(records, "cup"), quality(records, "tv")) == (0.0, pytest.approx(1 / 1.5))
    assert summarise(records)["names_right"] == 0.5


def test_no_objects_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="no object"):
        summarise([EverythingRecord("set/1", None, "cup", 0.0)])
