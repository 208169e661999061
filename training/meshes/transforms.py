"""Where things are and how they are turned."""

from __future__ import annotations

import numpy as np


def place(
    position: np.ndarray | tuple = (0, 0, 0),
    rotation: np.ndarray | None = None,
    scale: np.ndarray | float | tuple = 1.0,
) -> np.ndarray:
    """Return the (4, 4) transform that scales, then rotates, then moves."""
    transform = np.eye(4)
    rotation = np.eye(3) if rotation is None else rotation
    transform[:3, :3] = rotation * np.asarray(scale, float)
    transform[:3, 3] = position
    return transform


def turn(axis: str, angle: float) -> np.ndarray:
    """Return the rotation (3, 3) by `angle` radians about "x", "y" or "z"."""
    c, s = np.cos(angle), np.sin(angle)
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
