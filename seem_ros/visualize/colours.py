"""One colour per instance id, the same in overlays, markers, point clouds and label images."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_GOLDEN_RATIO = 0.6180339887498949
# Neighbouring ids also differ in strength, so that many instances stay apart for weak eyes.
_SATURATIONS = np.array([0.80, 0.60, 0.95])
_VALUES = np.array([1.00, 0.90, 0.75, 0.95])


@lru_cache(maxsize=1)
def colour_table() -> np.ndarray:
    """Return (65536, 3) uint8 RGB: the colour of every id; id 0, the background, is black."""
    ids = np.arange(65536)
    hue = (ids * _GOLDEN_RATIO) % 1.0
    table = _rgb(hue, _SATURATIONS[ids % 3], _VALUES[ids % 4])
    table[0] = 0
    table.flags.writeable = False
    return table


def colour_of(instance_id: int) -> tuple[int, int, int]:
    """Return the (red, green, blue) colour of an instance, 0..255.

    Raises:
        ValueError: the id is not in 1..65535.

    """
    if not 1 <= instance_id <= 65535:
        raise ValueError(f"instance id must be in 1..65535, got {instance_id}")
    red, green, blue = colour_table()[instance_id]
    return int(red), int(green), int(blue)


def paint_labels(labels: np.ndarray) -> np.ndarray:
    """Return the (H, W, 3) uint8 RGB picture of an (H, W) integer label image."""
    return colour_table()[labels]


def _rgb(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Convert HSV in 0..1, each (N,), to (N, 3) uint8 RGB."""
    sector = (np.array([[5.0, 3.0, 1.0]]) + hue[:, None] * 6) % 6
    dip = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    rgb = value[:, None] * (1 - saturation[:, None] * dip)
    return np.round(rgb * 255).astype(np.uint8)
