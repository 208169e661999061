"""Memory against motion: where the picture looks like an instance, and where it is expected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from seem_ros.instances import box_of
from seem_ros.prompts import Point
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.continuity import MOST_EXPECTED, logits_of
from seem_ros.tracking.enlarging import Enlarged

# Weight of where the picture looks like an instance in its prompted frames, against where the
# motion expects it; on three sequences of DAVIS J 0.55 instead of 0.52 with 0.5.
RECALL = 0.7
_SURE = 0.05  # difference of cosines that counts as one logit
_SMALL = 4  # picture pixels along a cell where distances are measured
_LEAST_REACH = 4.0  # of these cells
_LEAST_PEAK = -0.1
_APART = 4  # cells of the map between two places


def surroundings(mask: np.ndarray, reach: float, rivals: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return where an instance may be after a step, (H, W) bool.

    Args:
        mask: (H, W) bool, where the motion expects it.
        reach: how far it may be off, as a share of the square root of its area.
        rivals: distances to where the motion expects those that look the same; what is nearer
            to one of them is theirs.

    """
    if not mask.any():
        return np.zeros(mask.shape, bool)
    away = distances(mask)
    side = float(np.sqrt(np.count_nonzero(away == 0)))
    near = away <= max(_LEAST_REACH, reach * side)
    for rival in rivals:
        near &= away <= rival
    return cv2.resize(near.astype(np.uint8), mask.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def distances(mask: np.ndarray) -> np.ndarray:
    """Return how far cells of four pixels are from a (H, W) bool mask, float32, in cells."""
    size = tuple(max(1, side // _SMALL) for side in mask.shape[::-1])
    small = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    return cv2.distanceTransform((~small).astype(np.uint8), cv2.DIST_L2, 3)


def weigh(
    expected: Segmentation,
    alike: np.ndarray,
    near: np.ndarray,
    weight: float,
    apart: bool = True,
) -> Segmentation:
    """Return an expectation weighed against where the picture looks like the instance.

    Args:
        expected: the last result, moved along.
        alike: (h, w) float32 over the picture, as Picture.resemblance gives it.
        near: (H, W) bool, the places that `alike` is about.
        weight: of `alike` against the expectation, 0..1.
        apart: whether it can be at places that do not touch the expectation.

    Returns:
        The expectation with other logits and mask.

    """
    shape = tuple(2 * side for side in alike.shape)
    shape = shape if expected.logits is None else expected.logits.shape
    before = logits_of(expected, shape)
    looks = np.clip(cv2.resize(alike, shape[::-1]) / _SURE, -MOST_EXPECTED, MOST_EXPECTED)
    reached = cv2.resize(near.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    looks = np.where(reached, looks, -MOST_EXPECTED)
    logits = ((1 - weight) * before + weight * looks).astype(np.float32)
    if not apart:
        logits = np.where(_detached(logits > 0, before > 0), -MOST_EXPECTED, logits)
    view = Enlarged((before > 0) | (logits > 0), expected.mask.shape)
    mask = expected.mask.copy()
    mask[view.region] ^= (view.smooth(logits) > 0) != (view.smooth(before) > 0)
    return dataclasses.replace(expected, mask=mask, logits=logits)


def _detached(cells: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the connected parts of a (h, w) bool map that no known cell touches."""
    _, labels = cv2.connectedComponents(cells.astype(np.uint8))
    return cells & ~np.isin(labels, np.unique(labels[known & cells]))


def peaks(alike: np.ndarray, taken: np.ndarray, count: int) -> Iterator[tuple[float, float]]:
    """Yield up to `count` pixels (x, y) most like an instance, the best first, some way apart.

    Args:
        alike: (h, w) float32 over the picture, as Picture.resemblance gives it.
        taken: (H, W) bool, where it cannot be.
        count: at most so many.

    """
    height, width = alike.shape
    share = cv2.resize(taken.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    free = np.where(share > 0.5, -1, cv2.blur(alike, (3, 3))).astype(np.float32)
    scale_x, scale_y = taken.shape[1] / width, taken.shape[0] / height
    for _ in range(count):
        _, best, _, (column, row) = cv2.minMaxLoc(free)
        if best <= _LEAST_PEAK:
            return
        yield (column + 0.5) * scale_x, (row + 0.5) * scale_y
        cv2.circle(free, (column, row), _APART, -1.0, -1)


def interior_points(mask: np.ndarray, count: int) -> list[Point]:
    """Return up to `count` positive clicks far inside a (H, W) bool mask and far apart."""
    left, top, right, bottom = box_of(mask)
    if right == left:
        return []
    inside = np.pad(mask[top:bottom, left:right], 1).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
    points = []
    for _ in range(count):
        _, deepest, _, (x, y) = cv2.minMaxLoc(depth)
        if deepest < 1:
            break
        points.append((float(left + x), float(top + y), 1))
        cv2.circle(depth, (x, y), max(2, round(1.5 * deepest)), 0, -1)
    return points


def mean_under(alike: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of an (h, w) map over the picture under an (H, W) bool mask, -1..1."""
    share = cv2.resize(mask.astype(np.float32), alike.shape[::-1], interpolation=cv2.INTER_AREA)
    return float((share * alike).sum() / max(1e-6, float(share.sum())))


def overlap(alike: np.ndarray, mask: np.ndarray) -> float:
    """Return the IoU of an (H, W) bool mask with where an (h, w) map is positive, 0..1."""
    share = cv2.resize(mask.astype(np.float32), alike.shape[::-1], interpolation=cv2.INTER_AREA)
    likely = (alike > 0).astype(np.float32)
    return float(np.minimum(share, likely).sum() / max(1e-6, np.maximum(share, likely).sum()))
