"""Take noise off depth without rounding edges: a small plane through each pixel's neighbours."""

from __future__ import annotations

import cv2
import numpy as np

RADIUS_PX = 4
"""Half width of the neighbourhood; pixels this near to good depth get a plane."""
_SIGMA_PX = 2.5
_RIDGE = 0.01


def fit_planes(depth_m: np.ndarray, good: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a plane around every pixel; return its depth there and its slope in the image.

    Inverse depth is linear in the pixel coordinates of a plane, so a weighted linear fit of it
    (Gaussian weights) keeps slanted faces as they are and goes on past the border of what is
    good. No result leaves the range of the good depths around it.

    Args:
        depth_m: (h, w) float32 metres.
        good: (h, w) bool, pixels to fit to; at least one.

    Returns:
        (h, w) float32 metres, and (h, w) float32 metres a pixel; both valid only within
        RADIUS_PX of a good pixel.

    """
    offsets = np.arange(-RADIUS_PX, RADIUS_PX + 1, dtype=np.float64)
    bell = np.exp(-0.5 * (offsets / _SIGMA_PX) ** 2)
    flat, slope, bend = bell, bell * offsets, bell * offsets**2
    inverse = np.where(good, 1.0 / np.where(good, depth_m, 1.0), 0.0).astype(np.float32)
    level = float(np.median(inverse[good]))  # taken off for the sake of float32
    inverse = np.where(good, inverse - level, 0.0).astype(np.float32)
    weight = good.astype(np.float32)

    def total(image: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
        return cv2.sepFilter2D(image, cv2.CV_32F, across, down, borderType=cv2.BORDER_CONSTANT)

    count = total(weight, flat, flat) + np.float32(1e-9)
    x, y = total(weight, slope, flat) / count, total(weight, flat, slope) / count
    ridge = _RIDGE * _SIGMA_PX**2
    xx = total(weight, bend, flat) / count - x * x + ridge
    yy = total(weight, flat, bend) / count - y * y + ridge
    xy = total(weight, slope, slope) / count - x * y
    mean = total(inverse, flat, flat) / count
    x_value = total(inverse, slope, flat) / count - x * mean
    y_value = total(inverse, flat, slope) / count - y * mean
    determinant = xx * yy - xy * xy
    per_x = (yy * x_value - xy * y_value) / determinant
    per_y = (xx * y_value - xy * x_value) / determinant
    fitted = 1.0 / np.maximum(mean - per_x * x - per_y * y + level, 1e-3)
    return _within(fitted, depth_m, good), np.hypot(per_x, per_y) * fitted * fitted


def _within(fitted: np.ndarray, depth_m: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Keep depths within what was measured around them."""
    around = np.ones((2 * RADIUS_PX + 1, 2 * RADIUS_PX + 1), np.uint8)
    farthest = cv2.dilate(np.where(good, depth_m, np.float32(0)), around)
    nearest = cv2.erode(np.where(good, depth_m, np.float32(1e6)), around)
    return np.clip(fitted, np.minimum(nearest, farthest), farthest)
