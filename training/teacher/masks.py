"""Masks of a whole photograph by a teacher: a grid of clicks, and only what it is sure of.

After SAM's automatic masks (Kirillov et al., 2023, section 5): clicks on a grid, masks kept that
hardly change with the threshold. Here a mask must also come back when another place in it is
clicked, and one label image holds them all, smaller ones on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from seem_ros.instances import iou
from training.teacher.mobile_sam import SamMask


class Teacher(Protocol):
    """What is asked of a teacher whose image is set."""

    def predict(self, points: list[tuple[float, float]], labels: list[int]) -> SamMask:
        """Answer to clicks in pixels of the image."""
        ...


@dataclass(frozen=True)
class Strictness:
    """What a mask must fulfil.

    Attributes:
        grid: clicks along the longer side.
        calls: decoder calls a picture at most.
        stability: least IoU between the masks at logits of -1 and 1.
        score: least IoU that the teacher itself expects.
        agreement: least IoU with the mask of a second click.
        least, most: area as a share of the picture.
        background: least share of the mask outside all that is labelled.
        duplicate: IoU from which two masks are one thing.
        visible: least share that smaller masks on top leave to be seen.

    """

    grid: int = 10
    calls: int = 40
    stability: float = 0.92
    score: float = 0.88
    agreement: float = 0.8
    least: float = 0.003
    most: float = 0.6
    background: float = 0.8
    duplicate: float = 0.7
    visible: float = 0.6


def teacher_masks(
    teacher: Teacher, labelled: np.ndarray, rules: Strictness = Strictness()
) -> list[np.ndarray]:
    """Find the things on the teacher's image that nobody labelled.

    Args:
        teacher: its image is set.
        labelled: (H, W) bool, where labels are or must not come.
        rules: what is kept.

    Returns:
        (H, W) bool masks, disjoint from each other and from ``labelled``.

    """
    found: list[np.ndarray] = []
    covered = labelled.copy()
    calls = 0
    for x, y in grid_clicks(labelled.shape[0], labelled.shape[1], rules.grid):
        if calls >= rules.calls:
            break
        if covered[int(y), int(x)]:
            continue
        answer = teacher.predict([(x, y)], [1])
        calls += 1
        mask = _sure_mask(answer, labelled, rules)
        if mask is None or not mask[int(y), int(x)]:
            continue
        if any(iou(mask, other) >= rules.duplicate for other in found):
            continue
        calls += 1
        again = teacher.predict([second_click(mask, (x, y))], [1])
        if iou(again.mask, answer.mask) >= rules.agreement:
            found.append(mask)
            covered |= mask
    return _flattened(found, labelled, rules)


def grid_clicks(height: int, width: int, along: int) -> Iterator[tuple[float, float]]:
    """Yield the centres of square cells, `along` of them on the longer side, x y in pixels.

    Neighbours come far apart in the order, so that large things are found, and the cells in
    them skipped, before small ones.
    """
    cell = max(height, width) / along
    rows, columns = (max(1, round(side / cell)) for side in (height, width))
    places = [((j + 0.5) / columns, (i + 0.5) / rows) for i in range(rows) for j in range(columns)]
    for index in np.random.default_rng(0).permutation(len(places)):
        x, y = places[index]
        yield x * width, y * height


def second_click(mask: np.ndarray, first: tuple[float, float]) -> tuple[float, float]:
    """Return the place deep inside a (H, W) bool mask that is farthest from the first click."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= 0.5 * depth.max())
    index = np.hypot(columns + 0.5 - first[0], rows + 0.5 - first[1]).argmax()
    return float(columns[index]) + 0.5, float(rows[index]) + 0.5


def _sure_mask(answer: SamMask, labelled: np.ndarray, rules: Strictness) -> np.ndarray | None:
    """Return the mask outside the labels, None where the answer does not meet the rules."""
    logits = answer.logits
    narrow, wide = np.count_nonzero(logits > 1), np.count_nonzero(logits > -1)
    if answer.score < rules.score or narrow < rules.stability * wide:
        return None
    mask = logits > 0
    free = mask & ~labelled
    if np.count_nonzero(free) < rules.background * np.count_nonzero(mask):
        return None
    free = without_specks(free)
    share = np.count_nonzero(free) / free.size
    return free if rules.least <= share <= rules.most else None


def without_specks(mask: np.ndarray, share: float = 0.05) -> np.ndarray:
    """Drop regions and fill holes of less than a share of the mask's largest region."""
    kept = _large_regions(mask, share)
    return ~_large_regions(~kept, 0.0, share * np.count_nonzero(kept))


def _large_regions(mask: np.ndarray, share: float, least: float = 0.0) -> np.ndarray:
    count, regions, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count == 1:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA]
    keep = areas >= max(least, share * areas[1:].max())
    keep[0] = False
    return keep[regions]


def _flattened(
    masks: list[np.ndarray], labelled: np.ndarray, rules: Strictness
) -> list[np.ndarray]:
    """Make masks disjoint, the smaller on top; leave out what then is hardly to be seen."""
    taken = labelled.copy()
    flat = []
    for mask in sorted(masks, key=np.count_nonzero):
        seen = mask & ~taken
        if np.count_nonzero(seen) >= rules.visible * np.count_nonzero(mask):
            flat.append(seen)
            taken |= seen
    return flat
