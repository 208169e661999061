"""Fit an oriented box to the points of one object."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

TRIM = 0.0003
"""Share of the points left out at each end of an axis, against what noise is left."""
FEW = 800
"""Points that tell which axis is the box's third, where nobody says."""


@dataclass(frozen=True, eq=False)
class OrientedBox:
    """A box in the frame of its points.

    Attributes:
        centre: (3,) metres.
        axes: (3, 3) rotation; columns are the box's x, y, z in the frame of the points.
        size: (3,) full edge lengths along these axes, metres.

    """

    centre: np.ndarray
    axes: np.ndarray
    size: np.ndarray

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """The rotation as (x, y, z, w)."""
        return quaternion_from_matrix(self.axes)

    def corners(self) -> np.ndarray:
        """Return the (8, 3) corners; bit 0, 1, 2 of the index say the +x, +y, +z side."""
        signs = np.array([[(i >> axis & 1) - 0.5 for axis in range(3)] for i in range(8)])
        return self.centre + (signs * self.size) @ self.axes.T

    def moved(self, rotation: np.ndarray, translation: np.ndarray) -> OrientedBox:
        """Return the box in another frame, given the (3, 3) rotation and (3,) translation."""
        return OrientedBox(rotation @ self.centre + translation, rotation @ self.axes, self.size)


def fit_box(points: np.ndarray, up: np.ndarray | None = None, trim: float = TRIM) -> OrientedBox:
    """Fit the smallest box to (N, 3) points, N >= 1, metres.

    With `up` (a (3,) vector against gravity in the points' frame) the box stands upright, its
    z axis along `up`. Without, the principal axes are tried as its z axis, and the box of least
    volume is taken. Its x axis is the longer horizontal edge.

    Raises:
        ValueError: no points, or `up` has no direction.

    """
    points = np.asarray(points, np.float64).reshape(-1, 3)
    if not len(points):
        raise ValueError("a box needs at least one point, got none")
    if up is not None:
        return _box_about(points, _unit(up), trim)
    spread = np.linalg.svd(np.cov(points.T) if len(points) > 1 else np.eye(3))[0]
    few = points[:: max(1, len(points) // FEW)]
    boxes = [_box_about(few, spread[:, axis], trim) for axis in range(3)]
    volumes = [float(np.prod(np.maximum(box.size, 1e-4))) for box in boxes]
    return _box_about(points, spread[:, int(np.argmin(volumes))], trim)


def _unit(vector: np.ndarray) -> np.ndarray:
    vector = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(vector))
    if not length > 1e-9:
        raise ValueError(f"direction {vector.tolist()} has no length")
    return vector / length


def _box_about(points: np.ndarray, up: np.ndarray, trim: float) -> OrientedBox:
    """Fit the box whose z axis is the unit vector `up`."""
    first = _unit(np.cross(up, np.eye(3)[np.argmin(np.abs(up))]))
    second = np.cross(up, first)
    flat = points @ np.stack([first, second], 1)
    angle = _rectangle_angle(flat, trim)
    along = np.cos(angle) * first + np.sin(angle) * second
    axes = np.stack([along, np.cross(up, along), up], 1)
    low, high = np.quantile(points @ axes, (trim, 1 - trim), axis=0)
    size = high - low
    if size[1] > size[0]:
        axes, before = np.stack([axes[:, 1], -axes[:, 0], up], 1), low[0]
        low = np.array([low[1], -high[0], low[2]])
        high = np.array([high[1], -before, high[2]])
        size = high - low
    return OrientedBox(axes @ ((low + high) / 2), axes, size)


def _rectangle_angle(flat: np.ndarray, trim: float) -> float:
    """Return the angle of the least rectangle around (N, 2) points, outliers left out."""
    centre = np.median(flat, axis=0)
    distance = np.hypot(*(flat - centre).T)
    inner = flat[distance <= np.quantile(distance, 1 - trim)] - centre
    if len(inner) < 3:
        return 0.0
    return float(np.radians(cv2.minAreaRect(inner.astype(np.float32))[2]))


def quaternion_from_matrix(rotation: np.ndarray) -> tuple[float, float, float, float]:
    """Return the unit quaternion (x, y, z, w), w >= 0, of a (3, 3) rotation matrix."""
    # The largest eigenvector of this matrix is the quaternion nearest to the rotation, also
    # where the trace formula loses digits (Bar-Itzhack, "New Method for Extracting the
    # Quaternion from a Rotation Matrix", 2000).
    r = np.asarray(rotation, np.float64)
    k = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], 0, 0, 0],
            [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], 0, 0],
            [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], 0],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], np.trace(r)],
        ]
    )
    x, y, z, w = np.linalg.eigh(k)[1][:, -1]
    sign = -1.0 if w < 0 else 1.0
    return float(sign * x), float(sign * y), float(sign * z), float(sign * w)


def matrix_from_quaternion(x: float, y: float, z: float, w: float) -> np.ndarray:
    """Return the (3, 3) rotation of a quaternion of any length.

    Raises:
        ValueError: the quaternion is zero or not finite.

    """
    norm = x * x + y * y + z * z + w * w
    if not (np.isfinite(norm) and norm > 1e-12):
        raise ValueError(f"quaternion ({x}, {y}, {z}, {w}) has no direction")
    s = 2.0 / norm
    return np.array(
        [
            [1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
            [s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)],
            [s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)],
        ]
    )
