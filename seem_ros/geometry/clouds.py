"""Cut objects out of a depth image: mask + depth + camera -> points of one object."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.depth import DepthError, reliable_depth
from seem_ros.geometry.surfaces import Surface, find_surface
from seem_ros.instances import PixelBox, box_of

FoundSurface = tuple[tuple[slice, slice], Surface]
"""Rows and columns of a window in the image, and the surface in it."""

BESIDE_PX = 3
"""So much of what is beside a mask is looked at with it."""


@dataclass(frozen=True, eq=False)
class ObjectPoints:
    """Points of one object, in the camera's optical frame.

    Attributes:
        xyz: (N, 3) float32, metres.
        rows, columns: (N,) int pixels that the points were seen at.

    """

    xyz: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def __len__(self) -> int:
        return len(self.xyz)

    def colours(self, rgb: np.ndarray) -> np.ndarray:
        """Return the (N, 3) uint8 colours of the points in a (H, W, 3) uint8 image."""
        return rgb[self.rows, self.columns]

    def centroid(self) -> np.ndarray:
        """Return the (3,) float64 mean of the points; NaN when there are none."""
        return self.xyz.mean(0, dtype=np.float64) if len(self) else np.full(3, np.nan)

    def thinned(self, limit: int) -> ObjectPoints:
        """Return at most `limit` points, evenly spread over the object."""
        if len(self) <= limit:
            return self
        pick = np.linspace(0, len(self) - 1, limit).astype(np.intp)
        return ObjectPoints(self.xyz[pick], self.rows[pick], self.columns[pick])


class DepthFrame:
    """One registered depth image with its camera; what is shared by its objects is kept."""

    def __init__(self, camera: CameraModel, depth_m: np.ndarray) -> None:
        """Hold a (H, W) float32 metre image (NaN = hole) and the camera of the same size.

        Raises:
            DepthError: the image is not of the camera's size.

        """
        if depth_m.shape != (camera.height, camera.width):
            height, width = depth_m.shape
            raise DepthError(
                f"depth is {width}x{height} but the colour camera is "
                f"{camera.width}x{camera.height}: depth must be registered to the colour image"
            )
        self.camera = camera
        self.depth_m = depth_m

    @functools.cached_property
    def reliable(self) -> np.ndarray:
        """(H, W) bool: pixels with depth that are no flying pixels."""
        return reliable_depth(self.depth_m)

    def cut(
        self, mask: np.ndarray, box: PixelBox | None = None, found: FoundSurface | None = None
    ) -> ObjectPoints:
        """Return the points that were measured under a (H, W) bool mask.

        Holes, flying pixels and what shows past the object's outline are left out. `box`
        (x0, y0, x1, y1) around the mask saves time when it is known, and so does `found`, what
        `surface` returns for the mask.
        """
        window, surface = found or self.surface(mask, box)
        return self._points(window, surface.measured, self.depth_m[window])

    def surface(self, mask: np.ndarray, box: PixelBox | None = None) -> FoundSurface:
        """Return the surface under a mask, smoothed and with gaps closed, and its window.

        For measuring sizes; the window is (rows, columns) around the mask.
        """
        x0, y0, x1, y1 = box or box_of(mask)
        window = (
            slice(max(y0 - BESIDE_PX, 0), y1 + BESIDE_PX),
            slice(max(x0 - BESIDE_PX, 0), x1 + BESIDE_PX),
        )
        return window, find_surface(mask[window], self.depth_m[window], self.reliable[window])

    def lift(self, chosen: np.ndarray, window: tuple[slice, slice]) -> np.ndarray:
        """Return the (N, 3) float32 points of the (h, w) bool pixels chosen in a window."""
        return self._points(window, chosen, self.depth_m[window]).xyz

    def _points(
        self, window: tuple[slice, slice], chosen: np.ndarray, depth_m: np.ndarray
    ) -> ObjectPoints:
        rows, columns = np.nonzero(chosen)
        depth = depth_m[rows, columns]
        rows, columns = rows + window[0].start, columns + window[1].start
        return ObjectPoints(self._lift(rows, columns, depth), rows, columns)

    def _lift(self, rows: np.ndarray, columns: np.ndarray, depth: np.ndarray) -> np.ndarray:
        xyz = np.empty((depth.size, 3), np.float32)
        xyz[:, :2] = self.camera.ray_table[rows, columns]
        xyz[:, :2] *= depth[:, None]
        xyz[:, 0] -= self.camera.tx / self.camera.fx
        xyz[:, 1] -= self.camera.ty / self.camera.fy
        xyz[:, 2] = depth
        return xyz
