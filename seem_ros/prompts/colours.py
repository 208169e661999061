"""Colour words, and which of them fits the pixels that one sees."""

from __future__ import annotations

import numpy as np
from PIL import Image

# Upper end of each hue in degrees; the circle closes with red.
HUES = ((14, "red"), (43, "orange"), (70, "yellow"), (165, "green"), (245, "blue"),
        (290, "purple"), (338, "pink"), (360, "red"))  # fmt: skip
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
           "gray")  # fmt: skip
SHARE = 0.6


def color_name(pixels: np.ndarray, share: float = SHARE) -> str | None:
    """Name the colour of `pixels` (N, 3) uint8 RGB, or None if no word fits `share` of them."""
    if len(pixels) == 0:
        return None
    words = np.bincount(classify(pixels), minlength=len(COLOURS))
    best = int(words.argmax())
    return COLOURS[best] if words[best] >= share * len(pixels) else None


def classify(pixels: np.ndarray) -> np.ndarray:
    """Return for each pixel of (N, 3) uint8 RGB the index of its word in `COLOURS`."""
    hsv = np.asarray(Image.fromarray(pixels.reshape(1, -1, 3)).convert("HSV"))[0].astype(float)
    hue, saturation, value = hsv[:, 0] * 360 / 255, hsv[:, 1] / 255, hsv[:, 2] / 255
    ends = np.array([end for end, _ in HUES])
    numbers = np.array([COLOURS.index(word) for _, word in HUES])
    found = numbers[np.minimum(np.searchsorted(ends, hue), len(ends) - 1)]
    # Brown is dark orange; light wood is closer to it than to an orange.
    brown = (hue >= 8) & (hue < 50) & ((value < 0.62) | (saturation < 0.55)) & (saturation > 0.3)
    found = np.where(brown, COLOURS.index("brown"), found)
    pale = saturation < np.where(value < 0.3, 0.3, 0.18)
    shade = np.where(value > 0.72, COLOURS.index("white"), COLOURS.index("gray"))
    found = np.where(pale, shade, found)
    return np.where((value < 0.16) | (pale & (value < 0.25)), COLOURS.index("black"), found)
