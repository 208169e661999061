"""Project between 3-D points and pixels for the cameras that sensor_msgs/CameraInfo describes.

Frames and units: points are metres in the camera's optical frame (x right, y down, z forward,
REP-103), pixels are x right, y down, with integer coordinates at pixel centres.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from seem_ros.geometry.lenses import BrownLens, FisheyeLens, Lens, PinholeLens

MIN_DEPTH_M = 1e-6


class CameraError(ValueError):
    """A camera description that cannot be used, with what would be right."""


def make_lens(model: str, coefficients: ArrayLike) -> Lens:
    """Choose the lens for a CameraInfo `distortion_model` and its `d`.

    Raises:
        CameraError: the model is unknown, or has the wrong number of coefficients.

    """
    d: np.ndarray = np.asarray(coefficients, np.float64).ravel()
    if not np.isfinite(d).all():
        raise CameraError(f"distortion coefficients {d.tolist()} are not all finite")
    if d.size == 0 or not d.any():
        return FisheyeLens(np.zeros(4)) if model in _FISHEYE else PinholeLens()
    if model in _FISHEYE:
        if d.size != 4:
            raise CameraError(f"distortion model '{model}' needs 4 coefficients, got {d.size}")
        return FisheyeLens(d)
    if model in _BROWN:
        if d.size == 14 and not d[12:].any():
            d = d[:12]
        if d.size not in (4, 5, 8, 12):
            raise CameraError(
                f"distortion model '{model}' needs 4, 5, 8 or 12 coefficients, got {d.size}"
                + (" (tilted sensors are not supported)" if d.size == 14 else "")
            )
        return BrownLens(np.pad(d, (0, 12 - d.size)))
    raise CameraError(
        f"distortion model '{model}' is unknown; known: {', '.join(sorted(_BROWN + _FISHEYE))}"
    )


_FISHEYE = ("equidistant", "fisheye")
_BROWN = ("plumb_bob", "rational_polynomial")


@dataclass(frozen=True, eq=False)
class CameraModel:
    """A pinhole camera with a lens.

    Attributes:
        width, height: size of the image in pixels.
        fx, fy, cx, cy: focal lengths and principal point, pixels.
        lens: maps ideal image-plane coordinates (x/z, y/z) to distorted ones.
        tx, ty: fourth column of P (pixels x metres); only the second camera of a
            rectified stereo pair has it.

    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    lens: Lens = field(default_factory=PinholeLens)
    tx: float = 0.0
    ty: float = 0.0

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise CameraError(f"image size {self.width}x{self.height} is empty")
        values = (self.fx, self.fy, self.cx, self.cy, self.tx, self.ty)
        if not np.isfinite(values).all():
            raise CameraError(f"camera matrix holds a value that is not finite: {values}")
        if self.fx <= 0 or self.fy <= 0:
            raise CameraError(
                f"focal lengths fx={self.fx}, fy={self.fy} must be positive: "
                "the camera is not calibrated, or its driver publishes no calibration"
            )

    @classmethod
    def raw(
        cls, width: int, height: int, k: ArrayLike, model: str = "", d: ArrayLike = ()
    ) -> CameraModel:
        """Describe an unrectified image by K (3, 3 or 9 numbers) and its distortion.

        Raises:
            CameraError: K is zero or not finite, or the distortion is not understood.

        """
        k = np.asarray(k, np.float64).reshape(3, 3)
        return cls(width, height, k[0, 0], k[1, 1], k[0, 2], k[1, 2], make_lens(model, d))

    @classmethod
    def rectified(cls, width: int, height: int, p: ArrayLike) -> CameraModel:
        """Describe a rectified image by P (3, 4 or 12 numbers).

        Raises:
            CameraError: P is zero or not finite.

        """
        p = np.asarray(p, np.float64).reshape(3, 4)
        return cls(
            width, height, p[0, 0], p[1, 1], p[0, 2], p[1, 2], PinholeLens(), p[0, 3], p[1, 3]
        )

    @property
    def without_offset(self) -> CameraModel:
        """The camera itself, where the images of a stereo pair share the first one's frame."""
        return dataclasses.replace(self, tx=0.0, ty=0.0)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project (N, 3) points to (N, 2) float64 pixels.

        Returns the pixels and a (N,) bool: True where the point lies in front of the camera and
        within the angle for which the lens model holds. Elsewhere the pixel is NaN. Pixels may
        lie outside the image (see `contains`).
        """
        points = np.asarray(points, np.float64).reshape(-1, 3)
        z = points[:, 2]
        valid = np.isfinite(points).all(1) & (z > MIN_DEPTH_M)
        depth = np.where(valid, z, 1.0)
        ideal = np.where(valid[:, None], points[:, :2] / depth[:, None], 0.0)
        valid &= np.hypot(ideal[:, 0], ideal[:, 1]) < self.lens.max_radius
        ideal[~valid] = 0.0
        pixels = self.lens.distort(ideal) * (self.fx, self.fy) + (self.cx, self.cy)
        pixels += np.array([[self.tx, self.ty]]) / depth[:, None]
        pixels[~valid] = np.nan
        return pixels, valid

    def contains(self, pixels: np.ndarray) -> np.ndarray:
        """Say for (N, 2) pixels whether each lies in the image; (N,) bool."""
        u, v = np.asarray(pixels, np.float64).reshape(-1, 2).T
        return (u >= -0.5) & (v >= -0.5) & (u < self.width - 0.5) & (v < self.height - 0.5)

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """Return for (N, 2) pixels the (N, 2) ideal image-plane coordinates (x/z, y/z)."""
        pixels = np.asarray(pixels, np.float64).reshape(-1, 2)
        return self.lens.undistort((pixels - (self.cx, self.cy)) / (self.fx, self.fy))

    def unproject(self, pixels: np.ndarray, depth_m: np.ndarray) -> np.ndarray:
        """Return the (N, 3) float64 points at (N, 2) pixels and (N,) depths along z, metres."""
        depth = np.asarray(depth_m, np.float64).reshape(-1)
        points = np.empty((depth.size, 3))
        points[:, :2] = self.rays(pixels) * depth[:, None]
        points[:, :2] -= (self.tx / self.fx, self.ty / self.fy)
        points[:, 2] = depth
        return points

    @functools.cached_property
    def ray_table(self) -> np.ndarray:
        """The (H, W, 2) float32 ideal coordinates of every pixel, computed once per camera."""
        v, u = np.mgrid[: self.height, : self.width]
        pixels = np.stack([u.ravel(), v.ravel()], 1)
        return self.rays(pixels).reshape(self.height, self.width, 2).astype(np.float32)
