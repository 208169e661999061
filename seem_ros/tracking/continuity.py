"""Masks do not jump: bind the model's answer to what the motion predicts."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from seem_ros.instances import box_of
from seem_ros.segmentation import Segmentation, SegmentedObject
from seem_ros.tracking.enlarging import Enlarged

_MOST_LOGIT = 6.0  # so that one very sure frame does not outweigh all others
MOST_EXPECTED = 4.0  # less, so that a very sure answer wins over any expectation
_LEAST_REACH = 2.0  # cells


def bound(
    answer: Segmentation, expected: Segmentation, smoothing: float, reach: float
) -> Segmentation:
    """Blend an answer with the expectation and cut what lies too far from it.

    Args:
        answer: of the model, in the new frame.
        expected: the last result moved to the new frame.
        smoothing: weight of the expectation, 0..1.
        reach: how far an object grows in one frame, as a share of the square root of its area.

    Returns:
        The answer with another mask, box and logits; the answer itself if it has no logits.

    """
    if answer.logits is None or not expected.mask.any():
        return answer
    before = logits_of(expected, answer.logits.shape)
    now = np.clip(answer.logits, -_MOST_LOGIT, _MOST_LOGIT)
    logits = (1 - smoothing) * now + smoothing * before
    near = _near(before > 0, reach)
    logits = np.where(near, logits, np.minimum(logits, -_MOST_LOGIT)).astype(np.float32)
    view = Enlarged((now > 0) | (logits > 0), answer.mask.shape)
    # Only where the blend decides otherwise than the answer: elsewhere its finer edges stay.
    changed = (view.smooth(logits) > 0) != (view.smooth(now) > 0)
    mask = np.zeros_like(answer.mask)
    mask[view.region] = (answer.mask[view.region] ^ changed) & view.nearest(near)
    return _with_mask(answer, mask, logits)


def cut_to(answer: Segmentation, mask: np.ndarray) -> Segmentation:
    """Return an answer without what lies outside a (H, W) bool part of its mask."""
    logits = answer.logits
    if logits is not None:
        lost = (answer.mask & ~mask).astype(np.float32)
        share = cv2.resize(lost, logits.shape[::-1], interpolation=cv2.INTER_AREA)
        logits = np.where(share > 0.5, np.minimum(logits, -MOST_EXPECTED), logits)
    return _with_mask(answer, mask, logits)


def _with_mask(answer: Segmentation, mask: np.ndarray, logits: np.ndarray | None) -> Segmentation:
    """Return an answer with another (H, W) bool mask and the logits that go with it."""
    part = SegmentedObject(mask, answer.score, answer.class_name, answer.class_score, box_of(mask))
    return dataclasses.replace(
        answer, found=bool(mask.any()), mask=mask, objects=[part], logits=logits
    )


def logits_of(result: Segmentation, shape: tuple[int, int]) -> np.ndarray:
    """Return bounded logits of a result on a grid, from its mask where only that is known."""
    if result.logits is not None:
        logits = np.clip(result.logits, -MOST_EXPECTED, MOST_EXPECTED)
        return logits if logits.shape == shape else cv2.resize(logits, shape[::-1])
    share = cv2.resize(result.mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    return (share * 2 - 1) * MOST_EXPECTED


def _near(mask: np.ndarray, reach: float) -> np.ndarray:
    """Return where an object may be: within its reach of where it is expected."""
    if not mask.any():
        return np.ones(mask.shape, bool)
    radius = max(_LEAST_REACH, reach * float(np.sqrt(np.count_nonzero(mask))))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    return away <= radius
