"""Instances, segmentations and mask helpers."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import Instance, box_of, iou, label_image
from seem_ros.segmentation import Segmentation


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((20, 30), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_box_of_has_exclusive_ends():
    assert box_of(rectangle(3, 4, 10, 6)) == (3, 4, 10, 6)
    assert box_of(np.zeros((20, 30), bool)) == (0, 0, 0, 0)
    single = np.zeros((20, 30), bool)
    single[19, 29] = True
    assert box_of(single) == (29, 19, 30, 20)


def test_iou_of_half_overlapping_rectangles():
    assert iou(rectangle(0, 0, 10, 10), rectangle(5, 0, 15, 10)) == pytest.approx(50 / 150)
    assert iou(rectangle(0, 0, 0, 0), rectangle(0, 0, 0, 0)) == 1.0


def test_label_image_puts_the_higher_score_on_top():
    low = Instance(7, score=0.4, mask=rectangle(0, 0, 10, 10))
    high = Instance(300, score=0.9, mask=rectangle(5, 0, 15, 10))
    image = label_image([high, low, Instance(9, state="lost")], 20, 30)
    assert image.dtype == np.uint16
    assert image[0, 2] == 7
    assert image[0, 7] == 300
    assert image[0, 14] == 300
    assert image[15, 15] == 0
    assert set(np.unique(image)) == {0, 7, 300}


def test_instance_name_prefers_the_operators():
    assert Instance(1, label="my cup", class_name="mug").name == "my cup"
    assert Instance(1, class_name="mug").name == "mug"
    assert Instance(1, mask=rectangle(0, 0, 4, 5)).area == 20
    assert Instance(1).area == 0


def test_beside_a_name_stands_how_sure_that_is():
    scores = {"score": 0.9, "class_score": 0.7}
    assert Instance(1, class_name="mug", **scores).name_score == 0.7
    assert Instance(1, label="my cup", class_name="mug", **scores).name_score == 0.9
    assert Instance(1, score=0.9).name_score == 0.9


def test_segmentation_from_mask():
    wrapped = Segmentation.from_mask(rectangle(3, 4, 10, 6))
    assert wrapped.found
    assert wrapped.objects[0].box == (3, 4, 10, 6)
    empty = Segmentation.from_mask(np.zeros((20, 30), bool))
    assert not empty.found
    assert empty.objects == []
