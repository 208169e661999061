"""Connected regions of a mask and the best place to click each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

MIN_CELLS = 6
MIN_SHARE = 0.04  # of the largest region: smaller ones are crumbs


@dataclass(frozen=True, eq=False)
class Region:
    """A connected part of a mask.

    Attributes:
        mask: (h, w) bool.
        centre: (x, y) of its deepest point, in cells, at a cell's centre.
        area: cells.
    """

    mask: np.ndarray
    centre: tuple[float, float]
    area: int


def regions_of(mask: np.ndarray, limit: int) -> list[Region]:
    """Split a (h, w) bool mask into connected regions, largest first, crumbs left out."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2:
        return []
    least = max(MIN_CELLS, MIN_SHARE * areas.max())
    order = [i for i in np.argsort(-areas) if areas[i] >= least][:limit]
    return [_region(labels == i + 1, int(areas[i])) for i in order]


def touched_regions(mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Keep the connected regions of a (h, w) bool mask that a seed mask touches.

    A click means the thing under it: look-alikes elsewhere, which similar features light up,
    go. All regions stay where no seed touches any.
    """
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    touched = np.unique(labels[seeds & mask])
    if count < 3 or len(touched) == 0:
        return mask
    return np.isin(labels, touched)


def _region(mask: np.ndarray, area: int) -> Region:
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return Region(mask, (float(column) + 0.5, float(row) + 0.5), area)
