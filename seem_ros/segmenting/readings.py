"""Readings: the different masks that one click can mean, such as a part, the thing, or a group."""

from __future__ import annotations

from collections.abc import Sequence

from seem_ros.instances import iou
from seem_ros.prompts import Prompt
from seem_ros.segmentation import MOST_READINGS, Segmentation
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match

SAME = 0.9  # IoU from which two masks are one reading


def distinct(grid: Grid, prompt: Prompt, readings: Sequence[Match]) -> list[Match]:
    """Return the readings worth showing: those that differ and hold what was clicked.

    Args:
        grid: of the picture.
        prompt: in pixels of the picture.
        readings: the answer, and others, best first.

    Returns:
        At most MOST_READINGS, in this order; none where there is no answer.
    """
    answer, *others = readings
    if not answer.mask.cell_count:
        return []
    kept = [answer]
    for match in others:
        if len(kept) == MOST_READINGS:
            break
        known = any(match.mask.iou(other.mask) > SAME for other in kept)
        if match.mask.cell_count and not known and _holds(match.mask, grid, prompt):
            kept.append(match)
    return kept


def still_distinct(readings: Sequence[Segmentation]) -> list[Segmentation]:
    """Return the readings, in their order, that are no near copies now that masks are exact."""
    kept: list[Segmentation] = []
    for reading in readings:
        if reading.found and all(iou(reading.mask, other.mask) <= SAME for other in kept):
            kept.append(reading)
    return kept


def _holds(mask: Mask, grid: Grid, prompt: Prompt) -> bool:
    """Tell whether a mask covers every click on the object and none on the background."""
    if not prompt.points:
        return True
    cells = mask.cells.numpy()
    places = grid.to_cells([(x, y) for x, y, _ in prompt.points]).astype(int)
    places = places.clip(0, (cells.shape[1] - 1, cells.shape[0] - 1))
    pairs = zip(places, prompt.points, strict=True)
    return all(bool(cells[row, column]) == (label == 1) for (column, row), (*_, label) in pairs)
