"""Measure the oriented box of one object: from mask and depth to centre, axes and size."""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.geometry.boxes3d import OrientedBox, fit_box
from seem_ros.geometry.clouds import DepthFrame, FoundSurface
from seem_ros.geometry.completion import Sight, find_symmetry
from seem_ros.geometry.describing import describe
from seem_ros.geometry.resizing import resize
from seem_ros.geometry.support import stand_on_support, support_normal
from seem_ros.geometry.surfaces import Surface
from seem_ros.instances import PixelBox

MIN_POINTS = 30
"""Fewer points than this give no box: too few to tell a size from noise."""
MAX_POINTS = 4500
"""More points than this make a box slower, not better."""

Area = tuple[slice, slice]


def measure_box(
    frame: DepthFrame,
    mask: np.ndarray,
    window: PixelBox,
    up: np.ndarray | None = None,
    found: FoundSurface | None = None,
) -> OrientedBox | None:
    """Return the box of an object in the camera's optical frame; None with too little depth.

    With `up` the box stands upright, reaches down to the support that is seen beside the object,
    and holds the hidden side where the object is symmetric. Without, the flat thing that the
    object stands on says what is upright; where there is none the box holds what is seen.

    Args:
        frame: depth of the image.
        mask: (H, W) bool of the object.
        window: (x0, y0, x1, y1) around the mask.
        up: (3,) unit vector against gravity in the camera's optical frame.
        found: what `frame.surface` returns for the mask, where it is known.

    """
    measured = box_so_far(frame, mask, window, up, found)
    if measured is None:
        return None
    box, numbers = measured
    return box if numbers is None else resize(box, numbers)


def box_so_far(
    frame: DepthFrame,
    mask: np.ndarray,
    window: PixelBox,
    up: np.ndarray | None = None,
    found: FoundSurface | None = None,
) -> tuple[OrientedBox, np.ndarray | None] | None:
    """Return the box without what was learned, and the numbers that describe the object.

    Args as those of `measure_box`. None for the numbers where nothing says what is upright.
    """
    area, surface = found or frame.surface(mask, window)
    if np.count_nonzero(surface.covered) < MIN_POINTS:
        return None
    points = _skin(frame, area, surface)
    if len(points) > MAX_POINTS:
        points = points[np.linspace(0, len(points) - 1, MAX_POINTS).astype(np.intp)]
    if up is None:
        up = support_normal(points, frame, mask, window)
    if up is None:
        return fit_box(points), None
    depth_m = np.where(surface.covered, surface.depth_m, np.float32(0))
    sight = Sight(frame.camera, (area[1].start, area[0].start), mask[area], depth_m)
    symmetry = find_symmetry(points, up, sight)
    whole = points if symmetry is None else np.vstack([points, symmetry.hidden])
    box = stand_on_support(fit_box(whole, up), frame, mask, window)
    return box, describe(points, box, sight, symmetry)


def _skin(frame: DepthFrame, area: Area, surface: Surface) -> np.ndarray:
    """Return the (N, 3) points at the covered pixels, and at the outer edges of the border's."""
    inner = cv2.erode(
        surface.covered.astype(np.uint8),
        np.ones((3, 3), np.uint8),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    places, depths = [], []
    border = surface.covered & (inner == 0)
    steps = (((0.0, 0.0), surface.covered), ((0.5, 0.0), border), ((-0.5, 0.0), border))
    for (right, down), chosen in (*steps, ((0.0, 0.5), border), ((0.0, -0.5), border)):
        rows, columns = np.nonzero(chosen)
        pixels = (columns + (area[1].start + right), rows + (area[0].start + down))
        places.append(np.stack(pixels, 1))
        depths.append(surface.depth_m[rows, columns])
    return frame.camera.unproject(np.vstack(places), np.concatenate(depths))
