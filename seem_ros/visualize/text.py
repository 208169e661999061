"""Readable words on pictures of any size."""

from __future__ import annotations

import unicodedata

import cv2
import numpy as np

Colour = tuple[int, int, int]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_INK = (255, 255, 255)


def text_scale(height: int, width: int) -> float:
    """Return the font scale that reads well on an image of this size."""
    return max(0.38, min(height, width) / 1000)


def drawable(text: str) -> str:
    """Return text in the letters the font has: accents dropped, others as '?'."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return plain.encode("ascii", "replace").decode()


def text_size(text: str, scale: float) -> tuple[int, int, int]:
    """Return (width, height, depth below the baseline) of drawn text in pixels."""
    (width, height), below = cv2.getTextSize(drawable(text), _FONT, scale, 1)
    return width, height, below


def put_tag(
    picture: np.ndarray, text: str, corner: tuple[int, int], paper: Colour, scale: float
) -> None:
    """Write white text on a filled tag, in place, moved so that it stays inside the picture.

    Args:
        picture: (H, W, 3) uint8 RGB, changed.
        text: one line.
        corner: (x, y) of the tag's lower left corner in pixels.
        paper: RGB of the tag.
        scale: font scale.

    """
    width, height, below = text_size(text, scale)
    pad = max(2, round(4 * scale))
    wide, tall = width + 2 * pad, height + below + pad
    x = int(np.clip(corner[0], 0, max(0, picture.shape[1] - wide)))
    y = int(np.clip(corner[1], min(tall, picture.shape[0]), picture.shape[0]))
    cv2.rectangle(picture, (x, y - tall), (x + wide, y), paper, -1)
    origin = (x + pad, y - below)
    cv2.putText(picture, drawable(text), origin, _FONT, scale, _INK, 1, cv2.LINE_AA)


def darker(colour: Colour, factor: float = 0.55) -> Colour:
    """Return a darker colour, on which white text can be read."""
    red, green, blue = colour
    return int(red * factor), int(green * factor), int(blue * factor)
