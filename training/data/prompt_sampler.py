"""Simulated operators: clicks, boxes, scribbles and rough masks drawn from a true mask."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from seem_ros.instances import box_of
from seem_ros.prompts import Point, Prompt, Stroke

KINDS = ("click", "box", "scribble", "mask", "click+box", "reference", "followed")
CHANCES = (0.39, 0.20, 0.08, 0.06, 0.06, 0.07, 0.14)
MOVING_CHANCES = (0.28, 0.12, 0.04, 0.04, 0.04, 0.22, 0.26)  # where the views are of two frames

HASTY = 0.25  # of the boxes
LEAST_LEFT = 0.2  # of a mask that lost a part


def distance_inside(region: np.ndarray) -> np.ndarray:
    """Distance to the border of a (H, W) bool region, pixels; the image edge is a border."""
    padded = np.pad(region.astype(np.uint8), 1)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]


def click_in(region: np.ndarray, rng: np.random.Generator, depth: float = 0.5) -> tuple[int, int]:
    """Click somewhere at least ``depth`` of the way to the region's deepest point: (x, y)."""
    distance = distance_inside(region)
    rows, columns = np.nonzero(distance >= depth * distance.max())
    index = rng.integers(len(rows))
    return int(columns[index]), int(rows[index])


def corrective_click(
    predicted: np.ndarray, truth: np.ndarray, ignore: np.ndarray, rng: np.random.Generator
) -> Point | None:
    """Click into the larger error region, as the clicking protocol does but not always its centre.

    Returns:
        (x, y, label), None when there is no error.
    """
    missed, spilled = truth & ~predicted & ~ignore, predicted & ~truth & ~ignore
    depths = [distance_inside(region).max() for region in (missed, spilled)]
    if max(depths) < 1:
        return None
    label = int(depths[0] >= depths[1])
    return (*click_in(missed if label else spilled, rng), label)


def box_around(truth: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Box of the mask with hand-drawn inaccuracy, at most a twelfth of its size on each side."""
    noise = np.clip(rng.normal(0, 0.03, 4), -0.08, 0.08)
    return _moved_box(truth, noise * (rng.random() < 0.7))


def hasty_box(truth: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Box of the mask as drawn in haste: mostly too large, by up to a fifth on each side."""
    return _moved_box(truth, np.clip(rng.normal(0.05, 0.07, 4), -0.08, 0.2) * [-1, -1, 1, 1])


def _moved_box(truth: np.ndarray, shares: np.ndarray) -> tuple[float, float, float, float]:
    """Box of the mask, its sides moved by shares (4,) of its size and kept in the picture."""
    height, width = truth.shape
    x0, y0, x1, y1 = box_of(truth)
    moved = np.array([x0, y0, x1, y1]) + shares * np.array([x1 - x0, y1 - y0] * 2, float)
    left, top, right, bottom = np.clip(moved, 0, [width, height, width, height]).tolist()
    return left, top, right, bottom


def scribble(truth: np.ndarray, rng: np.random.Generator) -> Stroke:
    """Polyline of 2 to 5 inside points, sorted along the longer side of the object."""
    count = int(rng.integers(2, 6))
    points = np.array([click_in(truth, rng, 0.25) for _ in range(count)], float)
    axis = int(np.ptp(points[:, 1]) > np.ptp(points[:, 0]))
    points = points[np.argsort(points[:, axis])]
    return Stroke(tuple(map(tuple, points)), width=float(rng.uniform(3, 12)))


def rough_mask(truth: np.ndarray, rng: np.random.Generator, roughness: float = 1.0) -> np.ndarray:
    """Mask as another program might give it: grown or shrunk, shifted, with wavy borders."""
    x0, y0, x1, y1 = box_of(truth)
    size = max(x1 - x0, y1 - y0) * roughness
    height, width = truth.shape
    noise = cv2.resize(rng.normal(0, 1, (8, 8)).astype(np.float32), (width, height))
    shift = rng.normal(0, 0.04, 2) * size
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    moved = cv2.warpAffine(truth.astype(np.uint8), matrix, (width, height))
    signed = distance_inside(moved > 0) - distance_inside(moved == 0)
    rough = signed + noise * 0.06 * size + rng.normal(0, 0.05) * size > 0
    return rough if rough.any() else truth


def drifted_mask(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A (H, W) bool mask as motion carries it, not empty: rough, at times cut or spread beside."""
    mask = rough_mask(truth, rng, rng.uniform(0.1, 0.8))
    if rng.random() < 0.3:  # a part is missing, as after somebody passed in front
        x, y = click_in(truth, rng, 0.0)
        angle = rng.uniform(0, 2 * np.pi)
        rows, columns = np.indices(truth.shape)
        ahead = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle) > 0
        enough = np.count_nonzero(mask & ahead) > LEAST_LEFT * np.count_nonzero(mask)
        mask = mask & ahead if enough else mask
    if rng.random() < 0.3:  # it has spread over whatever is beside
        x0, y0, x1, y1 = box_of(mask)
        at = (rng.uniform(x0, x1), rng.uniform(y0, y1))
        radius = rng.uniform(0.2, 0.5) * np.sqrt(np.count_nonzero(truth))
        disc = np.zeros(truth.shape, np.uint8)
        cv2.circle(disc, (int(at[0]), int(at[1])), max(1, int(radius)), 1, -1)
        mask = mask | (disc > 0)
    return mask


def first_prompt(
    truth: np.ndarray,
    rng: np.random.Generator,
    kind: str | None = None,
    chances: Sequence[float] = CHANCES,
) -> tuple[str, Prompt]:
    """Draw the first prompt for a (H, W) bool mask: its kind and the prompt.

    The kinds "reference" and "followed" need evidence from another view; the click that "followed"
    has besides is often left out.
    """
    kind = kind or str(rng.choice(KINDS, p=chances))
    points: list[Point] = []
    if "click" in kind:  # two in five anywhere but on the very border
        points.append((*click_in(truth, rng, 0.5 if rng.random() < 0.6 else 0.05), 1))
    if kind == "followed" and rng.random() < 0.6:
        points.append((*click_in(truth, rng, 0.3), 1))
    draw_box = hasty_box if rng.random() < HASTY else box_around
    boxes = (draw_box(truth, rng),) if "box" in kind else ()
    strokes = (scribble(truth, rng),) if kind == "scribble" else ()
    mask = rough_mask(truth, rng) if kind == "mask" else None
    return kind, Prompt(points=tuple(points), boxes=boxes, strokes=strokes, mask=mask)
