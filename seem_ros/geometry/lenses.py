"""Lens distortion models of sensor_msgs/CameraInfo, without ROS.

Every lens maps ideal image-plane coordinates (x/z, y/z) to distorted ones and back. The
formulas are those of OpenCV's camera models ("Camera Calibration and 3D Reconstruction" and
"Fisheye camera model" in its reference manual), which ROS calibrations are made with.
"""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np

UNDISTORT_TOLERANCE = 1e-10
"""Residual in ideal coordinates at which inversion stops: about 1e-7 px."""
_ITERATIONS = 30
_WIDEST_RADIUS = 20.0
"""tan of the largest angle from the axis that is looked at (87 degrees)."""


class Lens(Protocol):
    """What a camera needs of its lens."""

    @property
    def max_radius(self) -> float:
        """Ideal radius up to which the model is one to one; beyond it, it folds back."""
        ...

    def distort(self, ideal: np.ndarray) -> np.ndarray:
        """Map (N, 2) ideal coordinates to (N, 2) distorted ones."""
        ...

    def undistort(self, distorted: np.ndarray) -> np.ndarray:
        """Map (N, 2) distorted coordinates back to ideal ones; NaN where none exist."""
        ...


class PinholeLens:
    """No distortion."""

    max_radius = np.inf

    def distort(self, ideal: np.ndarray) -> np.ndarray:
        """Return the coordinates unchanged."""
        return ideal.copy()

    def undistort(self, distorted: np.ndarray) -> np.ndarray:
        """Return the coordinates unchanged."""
        return distorted.copy()


def _monotonic_limit(radii: np.ndarray, distorted: np.ndarray) -> float:
    """Return the first radius at which the distorted radius stops growing, else infinity."""
    falling = np.flatnonzero((np.diff(distorted) <= 0) | ~np.isfinite(distorted[1:]))
    return float(radii[falling[0]]) if falling.size else np.inf


class BrownLens:
    """plumb_bob and rational_polynomial: (k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4)."""

    def __init__(self, coefficients: np.ndarray) -> None:
        self._d = np.asarray(coefficients, np.float64)

    def _radial(self, r2: np.ndarray) -> np.ndarray:
        k1, k2, _, _, k3, k4, k5, k6 = self._d[:8]
        return (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))

    @functools.cached_property
    def max_radius(self) -> float:
        """Ideal radius at which the radial part folds back."""
        radii = np.linspace(0, _WIDEST_RADIUS, 20001)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return _monotonic_limit(radii, radii * self._radial(radii**2))

    def distort(self, ideal: np.ndarray) -> np.ndarray:
        """Map (N, 2) ideal coordinates to (N, 2) distorted ones."""
        x, y = ideal[:, 0], ideal[:, 1]
        p1, p2 = self._d[2:4]
        s1, s2, s3, s4 = self._d[8:]
        r2 = x * x + y * y
        radial = self._radial(r2)
        out = np.empty_like(ideal, dtype=np.float64)
        out[:, 0] = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + r2 * (s1 + r2 * s2)
        out[:, 1] = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + r2 * (s3 + r2 * s4)
        return out

    def undistort(self, distorted: np.ndarray) -> np.ndarray:
        """Invert `distort` by Newton's method; NaN where it does not converge."""
        target = np.asarray(distorted, np.float64)
        ideal = target.copy()
        with np.errstate(all="ignore"):
            for _ in range(_ITERATIONS):
                residual = self.distort(ideal) - target
                if not np.nanmax(np.abs(residual), initial=0.0) > UNDISTORT_TOLERANCE:
                    break
                step = _solve_2x2(self._jacobian(ideal), residual)
                # Half a unit is a wide angle already: longer steps only jump over the fold.
                ideal = ideal - np.clip(step, -0.5, 0.5)
            bad = ~(np.abs(self.distort(ideal) - target).max(1) < 1e-6)
            bad |= ~(np.hypot(ideal[:, 0], ideal[:, 1]) < self.max_radius)
        ideal[bad] = np.nan
        return ideal

    def _jacobian(self, ideal: np.ndarray) -> np.ndarray:
        """Return the (N, 2, 2) derivative of `distort` by central differences."""
        step = 1e-6
        columns = []
        for offset in ((step, 0.0), (0.0, step)):
            ahead, behind = self.distort(ideal + offset), self.distort(ideal - offset)
            columns.append((ahead - behind) / (2 * step))
        return np.stack(columns, axis=2)


def _solve_2x2(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve (N, 2, 2) systems for (N, 2) right-hand sides."""
    a, b, c, d = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0], matrix[:, 1, 1]
    det = a * d - b * c
    x = (d * right[:, 0] - b * right[:, 1]) / det
    y = (a * right[:, 1] - c * right[:, 0]) / det
    return np.stack([x, y], 1)


class FisheyeLens:
    """equidistant (OpenCV fisheye): theta_d = theta (1 + k1 theta^2 + ... + k4 theta^8)."""

    def __init__(self, coefficients: np.ndarray) -> None:
        self._k = np.asarray(coefficients, np.float64)

    def _bend(self, theta: np.ndarray) -> np.ndarray:
        k1, k2, k3, k4 = self._k
        t2 = theta * theta
        return theta * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))

    def _bend_slope(self, theta: np.ndarray) -> np.ndarray:
        k1, k2, k3, k4 = self._k
        t2 = theta * theta
        return 1 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + t2 * 9 * k4)))

    @functools.cached_property
    def _max_theta(self) -> float:
        theta = np.linspace(0, np.pi / 2, 10001)
        return min(_monotonic_limit(theta, self._bend(theta)), np.pi / 2)

    @functools.cached_property
    def max_radius(self) -> float:
        """Ideal radius at which the lens folds back, or infinity when it is one to one."""
        return float(np.tan(self._max_theta)) if self._max_theta < np.pi / 2 else np.inf

    def distort(self, ideal: np.ndarray) -> np.ndarray:
        """Map (N, 2) ideal coordinates to (N, 2) distorted ones."""
        radius = np.hypot(ideal[:, 0], ideal[:, 1])
        scale = np.ones_like(radius)
        np.divide(self._bend(np.arctan(radius)), radius, out=scale, where=radius > 1e-12)
        return ideal * scale[:, None]

    def undistort(self, distorted: np.ndarray) -> np.ndarray:
        """Invert `distort` by Newton's method on the angle; NaN where none exists."""
        distorted = np.asarray(distorted, np.float64)
        target = np.hypot(distorted[:, 0], distorted[:, 1])
        theta = np.minimum(target, self._max_theta * 0.99)
        with np.errstate(all="ignore"):
            for _ in range(_ITERATIONS):
                step = (self._bend(theta) - target) / self._bend_slope(theta)
                theta = np.clip(theta - step, 0, self._max_theta)
                if not np.nanmax(np.abs(step), initial=0.0) > UNDISTORT_TOLERANCE:
                    break
            bad = ~(np.abs(self._bend(theta) - target) < 1e-6) | (theta >= np.pi / 2 - 1e-6)
            scale = np.where(target > 1e-12, np.tan(theta) / target, 1.0)
        scale[bad] = np.nan
        return distorted * scale[:, None]
