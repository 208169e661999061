"""Views of a sample: random crops of random scale with camera-like colour changes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

IGNORE = 65535
MIN_AREA = 64  # pixels an object must show to be prompted


@dataclass(frozen=True, eq=False)
class View:
    """One training image.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        labels: (H, W) uint16 instance ids, 0 background, 65535 ignore.
        ids: instances that show enough to be prompted.
    """

    image: np.ndarray
    labels: np.ndarray
    ids: tuple[int, ...]


def make_view(
    image: np.ndarray,
    labels: np.ndarray,
    size: tuple[int, int],
    rng: np.random.Generator,
    focus: int | None = None,
    zoom: tuple[float, float] = (0.75, 2.2),
) -> View:
    """Crop a view of ``size`` (height, width).

    Args:
        image: (H, W, 3) uint8.
        labels: (H, W) uint16.
        size: of the view.
        rng: source of every choice.
        focus: instance that the crop should contain, None = anywhere.
        zoom: range of the scaled image's longer side over the view's.
    """
    height, width = size
    scale = rng.uniform(*zoom) * max(size) / max(image.shape[:2])
    flip = rng.random() < 0.5
    at = _centre(labels, focus, rng)
    if flip:
        at = (image.shape[1] - 1 - at[0], at[1])
        image, labels = image[:, ::-1], labels[:, ::-1]
    shift = [_offset(at[0] * scale, image.shape[1] * scale, width, rng)]
    shift.append(_offset(at[1] * scale, image.shape[0] * scale, height, rng))
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
    smooth = cv2.GaussianBlur(image, (0, 0), 0.4 / scale) if scale < 0.8 else image
    rgb = cv2.warpAffine(np.ascontiguousarray(smooth), matrix, (width, height))
    ids = cv2.warpAffine(
        np.ascontiguousarray(labels), matrix, (width, height), flags=cv2.INTER_NEAREST
    )
    counts = np.bincount(ids.ravel(), minlength=1)
    shown = np.flatnonzero(counts >= MIN_AREA)
    visible = tuple(int(i) for i in shown if 0 < i < IGNORE)
    return View(_camera(rgb, rng), ids, visible)


def _centre(labels: np.ndarray, focus: int | None, rng: np.random.Generator) -> tuple[int, int]:
    rows, columns = np.nonzero(labels == focus) if focus else ((), ())
    if len(rows) == 0:
        return int(rng.integers(labels.shape[1])), int(rng.integers(labels.shape[0]))
    index = rng.integers(len(rows))
    return int(columns[index]), int(rows[index])


def _offset(at: float, length: float, room: int, rng: np.random.Generator) -> float:
    """Shift that brings ``at`` into the middle part of the view without needless borders."""
    wanted = room * rng.uniform(0.2, 0.8) - at
    low, high = sorted((0.0, room - length))
    return float(np.clip(wanted, low, high))


def _camera(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, white balance, gamma, blur of focus and motion, noise and compression."""
    x: np.ndarray = rgb.astype(np.float32) / 255
    x = x ** rng.uniform(0.75, 1.35) * rng.uniform(0.75, 1.2)
    x = x * (1 + rng.normal(0, 0.05, 3).astype(np.float32))
    if rng.random() < 0.2:
        x = x * 0.3 + x.mean(-1, keepdims=True) * 0.7
    if rng.random() < 0.2:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.1:
        x = cv2.filter2D(x, -1, _motion(rng))
    if rng.random() < 0.4:
        x = x + rng.normal(0, rng.uniform(0.005, 0.03), x.shape).astype(np.float32)
    out = (np.clip(x, 0, 1) * 255).astype(np.uint8)
    return out if rng.random() < 0.85 else _compressed(out, int(rng.integers(30, 85)))


def _compressed(rgb: np.ndarray, quality: int) -> np.ndarray:
    """A (H, W, 3) uint8 picture after JPEG."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _motion(rng: np.random.Generator) -> np.ndarray:
    """Kernel of a straight motion of 3 to 9 pixels during the exposure."""
    length, angle = rng.uniform(3, 9), rng.uniform(0, np.pi)
    kernel = np.zeros((11, 11), np.float32)
    x, y = round(np.cos(angle) * length / 2), round(np.sin(angle) * length / 2)
    cv2.line(kernel, (5 - x, 5 - y), (5 + x, 5 + y), 1.0)
    return kernel / kernel.sum()
