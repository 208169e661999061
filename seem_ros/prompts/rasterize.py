"""Draw a prompt's clicks, strokes and mask as boolean images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from seem_ros.prompts.prompt import Prompt, Stroke

_NOTHING, _POSITIVE, _NEGATIVE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class SpatialMasks:
    """Where a prompt says object and where it says background, both (H, W) bool, disjoint."""

    positive: np.ndarray
    negative: np.ndarray


def click_radius(height: int, width: int) -> int:
    """Return the radius in pixels of a drawn click.

    At least 3, and growing with the image, so that a click still covers pixels after the image
    was scaled down to the model's input size.
    """
    return max(3, round(min(height, width) / 160))


def rasterize(prompt: Prompt, height: int, width: int) -> SpatialMasks:
    """Draw mask, strokes and clicks of a validated prompt, in this order; later ones win.

    Boxes are not drawn: a box is where the object ends, not what it covers.

    Args:
        prompt: its coordinates refer to the height x width image.
        height: rows of the result.
        width: columns of the result.

    """
    canvas = np.zeros((height, width), np.uint8)
    if prompt.mask is not None:
        canvas[prompt.mask] = _POSITIVE
    for stroke in prompt.strokes:
        _draw_stroke(canvas, stroke)
    radius = click_radius(height, width)
    for x, y, label in prompt.points:
        value = _POSITIVE if label == 1 else _NEGATIVE
        cv2.circle(canvas, (int(x), int(y)), radius, value, thickness=-1)
    return SpatialMasks(canvas == _POSITIVE, canvas == _NEGATIVE)


def _draw_stroke(canvas: np.ndarray, stroke: Stroke) -> None:
    value = _POSITIVE if stroke.positive else _NEGATIVE
    points = np.floor(np.asarray(stroke.points)).astype(np.int32)
    if len(points) == 1:
        radius = max(1, round(stroke.width / 2))
        cv2.circle(canvas, tuple(map(int, points[0])), radius, value, thickness=-1)
        return
    # OpenCV draws a line of thickness t about t + 1 pixels wide.
    cv2.polylines(canvas, [points], False, value, thickness=max(1, round(stroke.width) - 1))
