"""Checks and conversions behind Prompt; errors name the field, the value, and what is right."""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from seem_ros.prompts.prompt import Prompt

LARGEST_ID = 65535  # ids travel as uint16


def tuples(rows: Iterable[Sequence[float]], length: int, what: str) -> tuple[Any, ...]:
    """Return rows of exactly `length` floats as a tuple of tuples; raise ValueError otherwise."""
    try:
        result = tuple(tuple(float(value) for value in row) for row in rows)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be a sequence of {length} numbers each: {error}") from None
    for row in result:
        if len(row) != length:
            raise ValueError(f"{what} need {length} numbers each, got {row}")
    return result


def labelled_points(points: Iterable[Sequence[float]]) -> tuple[tuple[float, float, int], ...]:
    """Return (x, y, label) clicks with labels 0 or 1; raise ValueError for other labels."""
    rows = tuples(points, 3, "points (x, y, label)")
    for row in rows:
        if row[2] not in (0.0, 1.0):
            raise ValueError(f"point label must be 1 (object) or 0 (background), got {row[2]:g}")
    return tuple((x, y, int(label)) for x, y, label in rows)


def as_mask(mask: Any, what: str) -> np.ndarray:
    """Return a 2-D bool or uint8 array as (H, W) bool; raise ValueError otherwise."""
    array = np.asarray(mask)
    if array.ndim != 2:
        raise ValueError(f"{what} must have shape (H, W), got {array.shape}")
    if array.dtype not in (np.bool_, np.uint8):
        raise ValueError(f"{what} must be bool or uint8 (non-zero is object), got {array.dtype}")
    return array.astype(bool)


def as_image(rgb: Any, what: str) -> np.ndarray:
    """Return a non-empty (H, W, 3) uint8 array; raise ValueError otherwise."""
    array = np.asarray(rgb)
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise ValueError(f"{what} must have shape (H, W, 3), got {array.shape}")
    if array.dtype != np.uint8:
        raise ValueError(f"{what} must be uint8 RGB, got {array.dtype}")
    return array


def as_example(example: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, mask) of one size with a non-empty mask; raise ValueError otherwise."""
    if not isinstance(example, (tuple, list)) or len(example) != 2 or example[1] is None:
        raise ValueError("example must be (rgb, mask): an example image needs its mask")
    rgb = as_image(example[0], "example image")
    mask = as_mask(example[1], "example mask")
    if mask.shape != rgb.shape[:2]:
        raise ValueError(
            f"example mask is {mask.shape}, its image {rgb.shape[:2]} (height, width)"
        )
    if not mask.any():
        raise ValueError("example mask is empty: mark at least one pixel of the object")
    return rgb, mask


def check_strings(prompt: Prompt, names: Iterable[str]) -> None:
    """Raise ValueError naming the fields that are not strings."""
    wrong = {name: getattr(prompt, name) for name in names}
    wrong = {name: value for name, value in wrong.items() if not isinstance(value, str)}
    if wrong:
        raise ValueError(f"{' and '.join(wrong)} must be a string, got {wrong}")


def instance_id(value: Any) -> int:
    """Return an id in 0..65535; raise ValueError otherwise."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"instance_id must be an integer, got {value!r}") from None
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(f"instance_id must be in 0..{LARGEST_ID}, got {number}")
    return number


def image_size(size: Sequence[int] | None) -> tuple[int, int] | None:
    """Return (height, width) as positive integers, or None; raise ValueError otherwise."""
    if size is None:
        return None
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"image_size must be (height, width), both positive, got {tuple(size)}")
    return int(size[0]), int(size[1])


def check_spatial(prompt: Prompt, height: int, width: int) -> None:
    """Raise ValueError when clicks, boxes, strokes or mask do not fit a height x width image."""
    for x, y, _ in prompt.points:
        _check_point(x, y, height, width, "point")
    for box in prompt.boxes:
        _check_box(box, height, width)
    for stroke in prompt.strokes:
        if not stroke.points:
            raise ValueError("stroke has no points: give at least one")
        if not (math.isfinite(stroke.width) and stroke.width > 0):
            raise ValueError(f"stroke width must be positive pixels, got {stroke.width}")
        for x, y in stroke.points:
            _check_point(x, y, height, width, "stroke point")
    if prompt.mask is not None:
        if prompt.mask.shape != (height, width):
            raise ValueError(
                f"mask is {prompt.mask.shape}, the image {(height, width)} (height, width)"
            )
        if not prompt.mask.any():
            raise ValueError("mask is empty: mark at least one pixel of the object")


def _check_point(x: float, y: float, height: int, width: int, what: str) -> None:
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"{what} ({x}, {y}) is not finite")
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(f"{what} ({x:g}, {y:g}) is outside the {width}x{height} image")


def _check_box(box: Sequence[float], height: int, width: int) -> None:
    if not all(math.isfinite(value) for value in box):
        raise ValueError(f"box {tuple(box)} is not finite")
    x0, y0, x1, y1 = box
    named = f"box ({x0:g}, {y0:g}, {x1:g}, {y1:g})"
    if x1 <= x0 or y1 <= y0:
        raise ValueError(f"{named} has no area: it needs x0 < x1 and y0 < y1")
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
        raise ValueError(f"{named} is outside the {width}x{height} image")


def rescaled(prompt: Prompt, source: tuple[int, int], target: tuple[int, int]) -> Prompt:
    """Return the prompt drawn on a source-sized image in the pixels of a target-sized one.

    Args:
        prompt: checked against the source size.
        source: (height, width) the prompt's pixels refer to.
        target: (height, width) wanted.

    """
    sy, sx = target[0] / source[0], target[1] / source[1]
    width_scale = math.sqrt(sx * sy)
    mask = prompt.mask
    if mask is not None:
        mask = _resized_mask(mask, target)
    return dataclasses.replace(
        prompt,
        points=tuple((x * sx, y * sy, label) for x, y, label in prompt.points),
        boxes=tuple((x0 * sx, y0 * sy, x1 * sx, y1 * sy) for x0, y0, x1, y1 in prompt.boxes),
        strokes=tuple(
            dataclasses.replace(
                stroke,
                points=tuple((x * sx, y * sy) for x, y in stroke.points),
                width=stroke.width * width_scale,
            )
            for stroke in prompt.strokes
        ),
        mask=mask,
        image_size=target,
    )


def _resized_mask(mask: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    """Resize by area, so that a thin mask does not vanish between sampled pixels."""
    grey = cv2.resize(mask.astype(np.float32), target[::-1], interpolation=cv2.INTER_AREA)
    return grey >= 0.5 if (grey >= 0.5).any() else grey > 0
