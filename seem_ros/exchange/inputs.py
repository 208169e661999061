"""What people hand over instead of an array or a Prompt: files, Pillow pictures, plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from seem_ros.exchange.picture_files import read_rgb, rgb_of
from seem_ros.prompts import Prompt


def as_rgb(image: Any) -> np.ndarray:
    """Return an image as (H, W, 3) uint8 RGB; an array that is one already is returned as it is.

    Args:
        image: an array, a Pillow picture, or the path of a file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: anything else; the message says how to make it right.

    """
    if isinstance(image, (str, Path)):
        return read_rgb(image)
    if isinstance(image, Image.Image):
        return rgb_of(image, "the picture")
    if not isinstance(image, np.ndarray):
        raise ValueError(
            "image must be an (H, W, 3) uint8 RGB array, a path or a Pillow picture, "
            f"got {type(image).__name__}{_hint_for(image)}"
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ValueError(
            f"image must be (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}{_advice(image)}"
        )
    return image


def as_prompt(prompt: Any) -> Prompt:
    """Return a prompt as it is, and words as a prompt of their own.

    Raises:
        ValueError: anything else; the message says how to make it right.

    """
    if isinstance(prompt, Prompt):
        return prompt
    if isinstance(prompt, str):
        if not prompt.strip():
            raise ValueError("the text is empty: say what to look for, such as 'red mug'")
        return Prompt(text=prompt)
    raise ValueError(
        f"prompt must be a Prompt or words, got {type(prompt).__name__}: a click is "
        "Prompt(points=[(x, y, 1)]), a box Prompt(boxes=[(x0, y0, x1, y1)])"
    )


def _hint_for(image: Any) -> str:
    if isinstance(image, bytes):
        return ": decode it first, Image.open(io.BytesIO(data))"
    if hasattr(image, "numpy"):
        return ": image.numpy(), channels last"
    return ""


def _advice(image: np.ndarray) -> str:
    """Tell what to do with an array of another shape or type."""
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1):
        return ": for a grey image, np.repeat(image.reshape(h, w, 1), 3, axis=2)"
    if image.ndim == 4:
        return ": give one image at a time"
    if image.ndim == 3 and image.shape[0] == 3 and image.shape[2] != 3:
        return ": channels come last, image.transpose(1, 2, 0)"
    if image.ndim == 3 and image.shape[2] == 4:
        return ": leave the fourth channel out, image[..., :3]"
    if image.ndim == 3 and image.dtype.kind == "f":
        return ": for values in 0..1, (image * 255).round().astype(np.uint8)"
    if image.ndim == 3 and image.dtype == np.uint16:
        return ": for 16 bits, (image >> 8).astype(np.uint8)"
    return ""
