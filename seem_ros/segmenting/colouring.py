"""The colours of an object, and how alike two objects are in them."""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.instances import box_of

LENGTH = 264  # of a description
_CHROMA_BINS = 16
_LIGHT_BINS = 8
_LIGHT_WEIGHT = 0.3  # light changes more than colour does
_MOST_PIXELS = 4096


def describe(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the colour distribution inside a mask, float32 of fixed length.

    Args:
        rgb: (H, W, 3) uint8.
        mask: (H, W) bool, not empty.

    Raises:
        ValueError: the mask is empty.

    """
    x0, y0, x1, y1 = box_of(mask)
    inside = np.flatnonzero(mask[y0:y1, x0:x1])
    if len(inside) == 0:
        raise ValueError("cannot describe an empty mask")
    inside = inside[:: max(1, len(inside) // _MOST_PIXELS)]
    pixels = rgb[y0:y1, x0:x1][np.unravel_index(inside, (y1 - y0, x1 - x0))]
    lab = cv2.cvtColor(pixels[None], cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], 64, 191)
    chroma = cv2.calcHist([lab], [1, 2], None, [_CHROMA_BINS] * 2, [64, 192, 64, 192])
    chroma = cv2.GaussianBlur(chroma, (3, 3), 0.8).ravel()
    light = cv2.calcHist([lab], [0], None, [_LIGHT_BINS], [0, 256])
    light = cv2.GaussianBlur(light, (1, 3), 0.8).ravel()
    return np.concatenate([_weighted(chroma, 1 - _LIGHT_WEIGHT), _weighted(light, _LIGHT_WEIGHT)])


def _weighted(histogram: np.ndarray, weight: float) -> np.ndarray:
    """Scale so that the dot product of two such roots is a weighted Bhattacharyya coefficient."""
    return np.sqrt(weight * histogram / max(float(histogram.sum()), 1e-9)).astype(np.float32)


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Return how alike two descriptions are, 0..1."""
    return float(np.clip(first @ second, 0.0, 1.0))
