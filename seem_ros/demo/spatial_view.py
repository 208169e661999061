"""A picture of clouds and boxes: in the camera's image, and from above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.demo.spatial import Placed
from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.visualize.colours import colour_of
from seem_ros.visualize.text import put_tag, text_scale

_PAPER, _TRUTH = (24, 24, 24), (255, 255, 255)
_MARGIN_M = 0.05
_EDGES = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]


@dataclass(frozen=True, eq=False)
class SeenThing:
    """One instance to be drawn.

    Attributes:
        instance_id: gives the colour.
        placed: its box and the truth.
        points: (N, 3) its cloud, in the camera's optical frame, metres.

    """

    instance_id: int
    placed: Placed
    points: np.ndarray


def draw(overlay: np.ndarray, things: Sequence[SeenThing], intrinsics: np.ndarray) -> np.ndarray:
    """Return (H, 2 W, 3) uint8 RGB: the overlay with boxes, and the things seen from above.

    Found boxes are in the instances' colours, true ones thin and white.

    Args:
        overlay: (H, W, 3) uint8 RGB.
        things: with at least one box.
        intrinsics: (3, 3) camera matrix, pixels.

    """
    front, above = overlay.copy(), np.full_like(overlay, _PAPER)
    for thing in things:
        for box, colour, width in _boxes(thing):
            corners = box.corners()
            _wires(front, (corners / corners[:, 2:]) @ intrinsics.T, colour, width)
    to_map = _map(things, *above.shape[:2])
    for thing in things:
        pixels = to_map(thing.points)
        above[pixels[:, 1], pixels[:, 0]] = colour_of(thing.instance_id)
    for thing in things:
        for box, colour, width in _boxes(thing):
            _wires(above, to_map(box.corners()), colour, width)
    scale = text_scale(*overlay.shape[:2])
    put_tag(front, "boxes: found in colour, true in white", (6, 6), _PAPER, scale)
    put_tag(above, "clouds and boxes from above", (6, 6), _PAPER, scale)
    return np.hstack([front, above])


def _boxes(thing: SeenThing) -> list[tuple[OrientedBox, tuple[int, int, int], int]]:
    found = (thing.placed.found, colour_of(thing.instance_id), 2)
    return [found, (thing.placed.solid.box, _TRUTH, 1)]


def _wires(picture: np.ndarray, corners: np.ndarray, colour: tuple, width: int) -> None:
    ends = np.round(corners[:, :2]).astype(int)
    for first, second in _EDGES:
        start, stop = ends[first].tolist(), ends[second].tolist()
        cv2.line(picture, start, stop, colour, width, cv2.LINE_AA)


def _map(
    things: Sequence[SeenThing], height: int, width: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from (N, 3) points to (N, 2) int pixels of a map that holds all things."""
    up = things[0].placed.solid.box.axes[:, 2]
    right = np.array([1.0, 0, 0]) - up * up[0]
    right /= np.linalg.norm(right)
    level = np.stack([right, np.cross(right, up)], 1)  # columns: right, towards the camera
    every = np.vstack([box.corners() for thing in things for box, _, _ in _boxes(thing)]) @ level
    low, high = every.min(0) - _MARGIN_M, every.max(0) + _MARGIN_M
    scale = min(np.array([width, height]) / (high - low))
    shift = (np.array([width, height]) - scale * (low + high)) / 2

    def to_map(points: np.ndarray) -> np.ndarray:
        pixels = np.round(points @ level * scale + shift).astype(int)
        return np.clip(pixels, 0, [width - 1, height - 1])

    return to_map
