"""Answers are bound to what the motion predicts."""

from __future__ import annotations

import numpy as np

from seem_ros.segmentation import Segmentation
from seem_ros.tracking.continuity import bound, cut_to


def segmentation(x0: int, x1: int, sure: float = 6.0, logits: bool = True) -> Segmentation:
    """Return columns x0..x1 of rows 20..60 in a 80 x 120 image, logits at a quarter."""
    mask = np.zeros((80, 120), bool)
    mask[20:60, x0:x1] = True
    low = np.where(mask, sure, -sure).astype(np.float32)[::4, ::4]
    return Segmentation(True, mask, 0.9, "mug", 0.8, logits=low if logits else None)


def test_a_leak_far_from_the_object_is_cut():
    leaked = segmentation(20, 116)
    result = bound(leaked, segmentation(20, 60), smoothing=0.0, reach=0.25)
    columns = np.flatnonzero(result.mask.any(axis=0))
    assert columns[0] <= 21
    assert 60 < columns[-1] < 76
    assert (result.logits[:, 22:] <= -6).all()
    assert result.objects[0].box[2] == columns[-1] + 1
    assert (result.class_name, result.score) == ("mug", 0.9)


def test_blending_lets_the_surer_one_decide():
    expected = segmentation(20, 60)
    unsure, sure = segmentation(20, 44, sure=1.0), segmentation(20, 44, sure=6.0)
    assert bound(unsure, expected, 0.4, 0.25).mask[40, 54]
    assert not bound(sure, expected, 0.4, 0.25).mask[40, 54]


def test_expectation_may_be_only_a_mask():
    result = bound(segmentation(20, 60), segmentation(20, 60, logits=False), 0.5, 0.25)
    assert result.mask[40, 40]
    assert not result.mask[40, 70]


def test_answer_without_logits_stays():
    answer = segmentation(20, 60, logits=False)
    assert bound(answer, segmentation(20, 60), 0.5, 0.25) is answer


def test_what_is_cut_from_an_answer_is_not_expected_in_the_next_frame():
    answer = segmentation(20, 60)
    kept = answer.mask.copy()
    kept[:, 40:] = False
    result = cut_to(answer, kept)
    assert np.array_equal(result.mask, kept)
    assert (result.logits[6:14, 11:] < 0).all()
    assert (result.logits[6:14, 6:10] > 0).all()
    assert result.objects[0].box == (20, 20, 40, 60)
    assert cut_to(segmentation(20, 60, logits=False), kept).logits is None
