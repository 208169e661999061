"""Depth of another resolution than the colour image, seen from the same place."""

from __future__ import annotations

import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.depth import DepthError


class DepthSampler:
    """Looks up, for each pixel of a colour image, the depth that another camera saw there.

    Both have the same optical centre and axes, as registered depth has, so that a ray of the one
    is a ray of the other and depth along the axis is the same number; sizes, focal lengths and
    lenses may differ. The nearest pixel counts: between two surfaces there is none.
    """

    def __init__(self, camera: CameraModel, depth_camera: CameraModel) -> None:
        """Find for each pixel of the colour camera the nearest one of the depth camera."""
        rays = camera.ray_table.reshape(-1, 2).astype(np.float64)
        points = np.column_stack([rays, np.ones(len(rays))])
        pixels, valid = depth_camera.without_offset.project(points)
        inside = valid & depth_camera.contains(pixels)
        columns, rows = np.rint(np.where(inside[:, None], pixels, 0.0)).astype(np.int64).T
        self._size = (depth_camera.height, depth_camera.width)
        self._outside = ~inside.reshape(camera.height, camera.width)
        self._index = (rows * depth_camera.width + columns).reshape(self._outside.shape)

    def __call__(self, depth_m: np.ndarray) -> np.ndarray:
        """Return (H, W) float32 metres in the colour image's pixels; NaN is unknown.

        Raises:
            DepthError: the depth is not of the depth camera's size.

        """
        if depth_m.shape != self._size:
            height, width = depth_m.shape
            raise DepthError(
                f"depth is {width}x{height} but depth_info is for {self._size[1]}x{self._size[0]}"
            )
        found = depth_m.reshape(-1)[self._index]
        found[self._outside] = np.nan
        return found
