"""Boxes for models without a box encoder: strokes inside and around the box.

SEEM has none; its authors click the centre of the box. A box says more: what fills its middle is
the object, what lies just outside is not, and the mask ends at its edges.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.model.preprocess import Geometry
from seem_ros.rasterize import SpatialMasks

INNER = 0.3  # radii of the filled ellipse, in box sides
GAP = 0.08  # distance of the ring from the box, in box sides
STRIDE = 4
_RING_WIDTH = 3
OUTSIDE = -10.0  # logit outside all boxes


def add_box(masks: SpatialMasks, box: tuple[float, float, float, float]) -> SpatialMasks:
    """Draw a box (x0, y0, x1, y1) in pixels as an ellipse of "object" and a ring of "not this".

    Where clicks and strokes said otherwise, they stay.
    """
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    inside = np.zeros(masks.positive.shape, np.uint8)
    centre = (int((x0 + x1) / 2), int((y0 + y1) / 2))
    radii = (max(1, round(INNER * width)), max(1, round(INNER * height)))
    cv2.ellipse(inside, centre, radii, 0, 0, 360, 1, thickness=-1)
    ring = np.zeros_like(inside)
    gap_x, gap_y = max(3, GAP * width), max(3, GAP * height)
    first = (round(x0 - gap_x), round(y0 - gap_y))
    cv2.rectangle(ring, first, (round(x1 + gap_x), round(y1 + gap_y)), 1, _RING_WIDTH)
    positive = masks.positive | (inside.astype(bool) & ~masks.negative)
    negative = masks.negative | (ring.astype(bool) & ~positive)
    return SpatialMasks(positive, negative)


def within_boxes(
    logits: Tensor, boxes: tuple[tuple[float, float, float, float], ...], geometry: Geometry
) -> Tensor:
    """Cut (h, w) stride-4 logits off outside all boxes, a cell of margin left."""
    if not boxes:
        return logits
    scale_y, scale_x = (
        resized / original / STRIDE
        for resized, original in zip(geometry.resized, geometry.original, strict=True)
    )
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
