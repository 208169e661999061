"""Describe what is seen of an object in numbers that do not depend on where it stands.

They say from where it is looked at, what its box is so far, where in the box the seen points
are, and how well half a turn about a vertical axis explains it: what can be known about the part
that nobody sees.
"""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.completion import Sight, Symmetry

LENGTH = 54
"""How many numbers there are."""
POINTS = 1000
"""So many of the points are described."""
ENDS = (0.01, 0.99)
"""Quantiles that stand for the two ends of the points in a direction."""
SLICES = (-0.2, 0.2, 0.5, 0.8, 1.2)
"""Heights between which the points are described apart, of the box's."""
FEWEST = 8
LARGEST = 6.0
"""Numbers are cut off here."""
SHORTEST_M = 0.002


def describe(
    points: np.ndarray, box: OrientedBox, sight: Sight, symmetry: Symmetry | None
) -> np.ndarray:
    """Return the (LENGTH,) numbers that describe an object.

    Args:
        points: (N, 3) seen ones in the camera's optical frame, N >= 1, metres.
        box: upright, around the object so far, in the same frame.
        sight: what was seen.
        symmetry: what half a turn explains; None where the object is seen from above.

    """
    points = points[np.linspace(0, len(points) - 1, min(POINTS, len(points))).astype(np.intp)]
    axes, size = away_axes(box), np.maximum(box.size, SHORTEST_M)
    middle, up = points.mean(0), box.axes[:, 2]
    distance = float(np.linalg.norm(middle))
    away = away_direction(box)
    level = np.stack([away, np.cross(up, away)])
    local = (points - box.centre) @ axes / size
    flat = (points - middle) @ level.T
    low, high = np.quantile(local, ENDS, axis=0)
    start, end = np.quantile(flat, ENDS, axis=0)
    deep, wide = np.maximum(end - start, SHORTEST_M)
    sine = float(-middle @ up / distance)
    numbers = [
        *(sine, np.sqrt(max(1 - sine**2, 0.0)), *(away @ axes[:, :2]), np.log(distance)),
        *(np.log(size[1] / size[0]), np.log(size[2] / size[0]), np.log(size[0] / 0.15)),
        *(low + 0.5),
        *(0.5 - high),
        *(np.log(deep / wide), *np.log(wide / size[:2]), *np.log(deep / size[:2])),
        _area(local[:, :2]),
        *_slices(flat / wide, local[:, 2] + 0.5, start / wide, end / wide),
        *_symmetry(symmetry, box, level, (start[0] + middle @ away, wide)),
        *_pixels(sight, box, distance),
    ]
    return np.clip(np.nan_to_num(np.array(numbers, np.float64)), -LARGEST, LARGEST)


def away_axes(box: OrientedBox) -> np.ndarray:
    """Return the (3, 3) axes of an upright box as columns, the level ones away from the camera."""
    signs = np.where(box.centre @ box.axes < 0, -1.0, 1.0)
    return box.axes * np.array([signs[0], signs[1], 1.0])


def away_direction(box: OrientedBox) -> np.ndarray:
    """Return the (3,) level unit vector away from the camera."""
    up = box.axes[:, 2]
    away = box.centre - up * (box.centre @ up)
    length = float(np.linalg.norm(away))
    return away / length if length > 1e-6 else box.axes[:, 0]


def _slices(
    flat: np.ndarray, height: np.ndarray, start: np.ndarray, end: np.ndarray
) -> list[float]:
    """Return for every slice its share of the points, front, back, width and shift."""
    numbers: list[float] = []
    for low, high in zip(SLICES[:-1], SLICES[1:], strict=True):
        chosen = flat[(height > low) & (height <= high)]
        if len(chosen) < FEWEST:
            numbers += [0.0] * 5
            continue
        first, last = np.quantile(chosen, ENDS, axis=0)
        shift = first[1] + last[1] - start[1] - end[1]
        ends = (first[0] - start[0], last[0] - start[0], last[1] - first[1])
        numbers += [len(chosen) / len(flat), *ends, abs(shift)]
    return numbers


def _symmetry(
    symmetry: Symmetry | None,
    box: OrientedBox,
    level: np.ndarray,
    front: tuple[float, float],
) -> list[float]:
    """Return how well half a turn fits, and how large the object is if it does."""
    if symmetry is None:
        return [0.0] * 8
    spread = np.quantile((symmetry.turned - box.centre) @ box.axes[:, :2], ENDS, axis=0)
    reach = np.max(np.abs(spread), axis=0) / np.maximum(box.size[:2], SHORTEST_M)
    first, wide = front
    back = float(np.quantile(symmetry.turned @ level[0], ENDS[1]))
    return [
        float(symmetry.possible.mean()),
        symmetry.wrong_as_seen,
        symmetry.wrong,
        float(symmetry.needed),
        float(len(symmetry.hidden) > 0),
        *reach,
        (back - first) / wide,
    ]


def _pixels(sight: Sight, box: OrientedBox, distance: float) -> list[float]:
    """Return how large a pixel is, how much of its box's outline the object fills, and holes."""
    count = float(np.count_nonzero(sight.mask))
    pixel_m = distance / sight.camera.fx
    outline, _ = sight.camera.project(box.corners())
    places = np.argwhere(sight.mask)
    return [
        *(pixel_m / np.maximum(box.size, SHORTEST_M)),
        count / max(_area(outline), 1.0),
        count / max(_area(places), 1.0),
        np.count_nonzero(sight.depth_m[sight.mask]) / count,
    ]


def _area(flat: np.ndarray) -> float:
    """Return the area of the convex hull of (N, 2) points."""
    return float(cv2.contourArea(cv2.convexHull(flat.astype(np.float32))))
