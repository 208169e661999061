"""Boxes for models without a box encoder: a stroke in the middle, and an end at the edges.

SEEM has none; its authors click the centre of the box. A box says more: what fills its middle is
the object, and nothing outside is. ``benchmarks/box_strategies.py`` compares the ways.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.prompts.rasterize import SpatialMasks
from seem_ros.segmenting.grid import Grid

INNER = 0.3  # radii of the filled ellipse, in box sides
OUTSIDE = -10.0  # logit outside all boxes


def add_box(masks: SpatialMasks, box: tuple[float, float, float, float]) -> SpatialMasks:
    """Draw the middle of a box (x0, y0, x1, y1) in pixels as an ellipse of "object".

    Where clicks and strokes said otherwise, they stay.
    """
    x0, y0, x1, y1 = box
    middle = np.zeros(masks.positive.shape, np.uint8)
    centre = (int((x0 + x1) / 2), int((y0 + y1) / 2))
    radii = (max(1, round(INNER * (x1 - x0))), max(1, round(INNER * (y1 - y0))))
    cv2.ellipse(middle, centre, radii, 0, 0, 360, 1, thickness=-1)
    positive = masks.positive | (middle.astype(bool) & ~masks.negative)
    return SpatialMasks(positive, masks.negative)


def within_boxes(
    logits: Tensor, boxes: Sequence[tuple[float, float, float, float]], grid: Grid
) -> Tensor:
    """Cut (h, w) stride-4 logits off outside all boxes, a cell of margin left."""
    if not boxes:
        return logits
    scale_y, scale_x = grid.cells_per_pixel
    rows = torch.arange(logits.shape[0], device=logits.device)[:, None]
    columns = torch.arange(logits.shape[1], device=logits.device)[None]
    inside = torch.zeros_like(logits, dtype=torch.bool)
    for x0, y0, x1, y1 in boxes:
        inside |= (
            (columns >= x0 * scale_x - 1)
            & (columns <= x1 * scale_x)
            & (rows >= y0 * scale_y - 1)
            & (rows <= y1 * scale_y)
        )
    return torch.where(inside, logits, logits.clamp(max=OUTSIDE))
