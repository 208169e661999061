"""Outlines of masks as polygons, on the image, on the object's surface, or on a plane."""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame, ObjectPoints

MIN_AREA_PX = 12.0
"""Specks of a mask smaller than this get no outline."""


def mask_outlines(mask: np.ndarray, tolerance_px: float = 1.0) -> list[np.ndarray]:
    """Return the closed outer outlines of a (H, W) bool mask, largest first.

    Each is a (N, 2) float32 array of pixels (x, y), N >= 3, within `tolerance_px` of the mask.
    """
    found = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    areas = {index: cv2.contourArea(contour) for index, contour in enumerate(found)}
    large = sorted((i for i in areas if areas[i] >= MIN_AREA_PX), key=lambda i: -areas[i])
    polygons = [cv2.approxPolyDP(found[i], tolerance_px, True)[:, 0] for i in large]
    return [polygon.astype(np.float32) for polygon in polygons if len(polygon) >= 3]


def outline_on_plane(outline: np.ndarray, camera: CameraModel, distance_m: float) -> np.ndarray:
    """Return the (N, 3) points of an outline drawn on the plane z = `distance_m`."""
    points = camera.unproject(outline, np.full(len(outline), distance_m))
    return points[np.isfinite(points).all(1)]


def outline_on_surface(outline: np.ndarray, frame: DepthFrame, seen: ObjectPoints) -> np.ndarray:
    """Return the (N, 3) points of an outline laid on the object that it surrounds.

    Depth at an outline is the least reliable of all, so every corner takes the depth of the
    nearest of the object's own points, by pixel distance. (0, 3) when the object has none.
    """
    if not len(seen):
        return np.empty((0, 3))
    few = seen.thinned(2000)
    pixels = np.stack([few.columns, few.rows], 1).astype(np.float32)
    gaps = outline[:, None] - pixels[None]
    nearest = np.einsum("ijk,ijk->ij", gaps, gaps).argmin(1)
    points = frame.camera.unproject(outline, few.xyz[nearest, 2])
    return points[np.isfinite(points).all(1)]
