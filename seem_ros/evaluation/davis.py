"""J and F as the DAVIS benchmark defines them (Perazzi et al., CVPR 2016, section 5)."""

from __future__ import annotations

import math

import cv2
import numpy as np

from seem_ros.instances import box_of, iou

_TOLERANCE = 0.008  # of the picture's diagonal


def region_similarity(mask: np.ndarray, truth: np.ndarray) -> float:
    """Return J: intersection over union of two (H, W) bool masks; 1 when both are empty."""
    return iou(mask, truth)


def boundary(mask: np.ndarray) -> np.ndarray:
    """Return (H, W) bool: pixels that differ from their right, lower or lower right neighbour."""
    right, below, diagonal = mask.copy(), mask.copy(), mask.copy()
    right[:, :-1] = mask[:, 1:]
    below[:-1] = mask[1:]
    diagonal[:-1, :-1] = mask[1:, 1:]
    edge = (mask ^ right) | (mask ^ below) | (mask ^ diagonal)
    edge[-1] = mask[-1] ^ right[-1]
    edge[:, -1] = mask[:, -1] ^ below[:, -1]
    edge[-1, -1] = False
    return edge


def contour_accuracy(mask: np.ndarray, truth: np.ndarray) -> float:
    """Return F: harmonic mean of the boundary's precision and recall.

    A boundary pixel counts as matched within 0.8 % of the picture's diagonal of the other
    boundary.
    """
    radius = math.ceil(_TOLERANCE * math.hypot(*mask.shape))
    own, true = boundary(mask), boundary(truth)
    own_count, true_count = np.count_nonzero(own), np.count_nonzero(true)
    if own_count == 0 or true_count == 0:
        return float(own_count == true_count)
    x0, y0, x1, y1 = box_of(own | true)
    part = np.s_[max(0, y0 - radius) : y1 + radius, max(0, x0 - radius) : x1 + radius]
    own, true = own[part], true[part]  # dilating the whole picture costs most of a measurement
    disk = _disk(radius)
    near_true = cv2.dilate(true.astype(np.uint8), disk) > 0
    near_own = cv2.dilate(own.astype(np.uint8), disk) > 0
    precision = np.count_nonzero(own & near_true) / own_count
    recall = np.count_nonzero(true & near_own) / true_count
    total = precision + recall
    return float(2 * precision * recall / total) if total else 0.0


def _disk(radius: int) -> np.ndarray:
    steps = np.arange(-radius, radius + 1)
    return (steps[:, None] ** 2 + steps[None] ** 2 <= radius**2).astype(np.uint8)
