"""Find an object's own surface under its mask, with noise smoothed and small gaps closed.

Depth is worst where a mask ends: holes, flying pixels, and background under a mask that is a
little too large. The border of the mask, though, comes from the colour image and is good. So depth
is judged by what the inside of the mask says, and pixels without good depth take their nearest
good neighbour's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.geometry.depth import main_layer

BORDER_PX = 2
"""Width of the mask's border, where depth counts only if it fits the inside."""
STEP_MIN_M, STEP_RELATIVE = 0.02, 0.02
"""Largest step from the inside to the border that is still one surface: 2 cm, or 2 %."""
REACH_PX = 5.0
"""How far from good depth a pixel may take it over."""
SMOOTHING_PX = 5


@dataclass(frozen=True, eq=False)
class Surface:
    """Depth of an object in the window of its mask.

    Attributes:
        measured: (h, w) bool, pixels whose own depth is good.
        covered: (h, w) bool, pixels of the mask that have depth after gaps were closed.
        depth_m: (h, w) float32 metres, smoothed; valid where `covered`.

    """

    measured: np.ndarray
    covered: np.ndarray
    depth_m: np.ndarray


def find_surface(mask: np.ndarray, depth_m: np.ndarray, reliable: np.ndarray) -> Surface:
    """Find the surface of an object in a window of an image.

    Args:
        mask: (h, w) bool.
        depth_m: (h, w) float32 metres.
        reliable: (h, w) bool, see depth.reliable_depth.

    """
    good = mask & reliable
    inner = _inside(mask) & good
    # Thin things have no inside: then all that is reliable must do.
    core = inner if inner.sum() > 0.2 * good.sum() else good
    if not core.any():
        return Surface(core, core, depth_m)
    kept = core.copy()
    kept[core] = main_layer(depth_m[core])
    expected = _spread(depth_m, kept)[0]
    step = np.maximum(np.float32(STEP_MIN_M), np.float32(STEP_RELATIVE) * expected)
    fits = np.abs(np.where(good, depth_m, np.float32(np.inf)) - expected) <= step
    measured = kept | fits
    filled, distance = _spread(depth_m, measured)
    return Surface(measured, mask & (distance <= REACH_PX), cv2.medianBlur(filled, SMOOTHING_PX))


def _inside(mask: np.ndarray) -> np.ndarray:
    """Return the mask without its border; what lies outside the window counts as outside."""
    padded = np.pad(mask, BORDER_PX).astype(np.uint8)
    kernel = np.ones((2 * BORDER_PX + 1, 2 * BORDER_PX + 1), np.uint8)
    eroded = cv2.erode(padded, kernel)
    return eroded[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX].astype(bool)


def _spread(depth_m: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give every pixel the depth of the nearest source pixel; return it and its distance, px."""
    distance, labels = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    depth_of_label = np.zeros(int(labels.max()) + 1, np.float32)
    depth_of_label[labels[source]] = depth_m[source]
    return depth_of_label[labels], distance
