"""Find what an object stands on, and let its box reach down to it.

A camera that looks down sees little or nothing of an object's lower edge, but it sees the table
beside it: the box ends there. Where nobody knows gravity, the table tells what is upright.
"""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.instances import PixelBox

INNER_PX, OUTER_PX = 3, 9
"""The ring around a mask in which the support is looked for."""
BESIDE_M = 0.04
"""How far beside the box the support may be seen."""
EVENNESS_M = 0.008
"""Median deviation of its height that a support may have at most."""
MIN_PIXELS = 30
LARGEST_GAP_M, LARGEST_GAP_SHARE = 0.02, 0.5
"""A lower support than that, in metres and of the box's height or length, belongs to others."""
LARGEST_DIP_M = 0.015
"""A box that ends so little below its support does so for noise."""


TRIALS, FLAT_M, FLAT_SHARE = 80, 0.005, 0.4
"""Planes that are tried; of the ring, a support holds so large a share, so near to it."""
CONTACT_M, BELOW_M = 0.02, 0.015
"""What stands on a plane comes so near to it, and goes no deeper below it (noise)."""


def support_normal(
    points: np.ndarray, frame: DepthFrame, mask: np.ndarray, window: PixelBox
) -> np.ndarray | None:
    """Return the (3,) unit normal, towards the camera, of the plane that an object stands on.

    None where the object's surroundings are not flat, or it is not in contact with them.

    Args:
        points: (N, 3) of the object in the camera's optical frame.
        frame: depth of the image.
        mask: (H, W) bool of the object.
        window: (x0, y0, x1, y1) around the mask.

    """
    ring = _ring(frame, mask, window).astype(np.float64)
    if len(ring) < MIN_PIXELS:
        return None
    rng = np.random.default_rng(0)  # the same image gives the same box
    corners = ring[rng.integers(len(ring), size=(TRIALS, 3))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(lengths > 1e-9, normals / np.maximum(lengths, 1e-9), 0.0)
    few = ring[:: max(1, len(ring) // 400)]
    off = np.abs(few @ normals.T - (corners[:, 0] * normals).sum(1))
    near = (off < FLAT_M).mean(0) * (lengths[:, 0] > 1e-9)
    best = int(near.argmax())
    if near[best] < FLAT_SHARE:
        return None
    on_plane = np.abs((ring - corners[best, 0]) @ normals[best]) < FLAT_M
    middle = ring[on_plane].mean(0)
    normal = np.linalg.svd(ring[on_plane] - middle, full_matrices=False)[2][2]
    normal = -normal if normal @ middle > 0 else normal
    low, high = np.quantile((points - middle) @ normal, (0.02, 0.98))
    return normal if -BELOW_M <= low <= CONTACT_M and high > FLAT_M else None


def stand_on_support(
    box: OrientedBox, frame: DepthFrame, mask: np.ndarray, window: PixelBox
) -> OrientedBox:
    """Return an upright box that ends at its support, if one is seen close to its lower end.

    Args:
        box: in the camera's optical frame, its z axis against gravity.
        frame: depth of the image.
        mask: (H, W) bool of the object.
        window: (x0, y0, x1, y1) around the mask.

    """
    height = _support_height(box, frame, mask, window)
    if height is None:
        return box
    gap = -box.size[2] / 2 - height
    largest = max(LARGEST_GAP_M, LARGEST_GAP_SHARE * max(box.size[2], box.size[0]))
    if not -min(LARGEST_DIP_M, box.size[2] / 2) < gap <= largest:
        return box
    centre = box.centre - box.axes[:, 2] * gap / 2
    return OrientedBox(centre, box.axes, box.size + np.array([0.0, 0.0, gap]))


def _support_height(
    box: OrientedBox, frame: DepthFrame, mask: np.ndarray, window: PixelBox
) -> float | None:
    """Return the height of the support over the box's centre, metres; None where none is seen."""
    points = _ring(frame, mask, window)
    local = (points - box.centre) @ box.axes
    beside = (np.abs(local[:, :2]) < box.size[:2] / 2 + BESIDE_M).all(1) & (local[:, 2] < 0)
    heights = local[beside, 2]
    if len(heights) < MIN_PIXELS:
        return None
    middle = float(np.median(heights))
    return middle if np.median(np.abs(heights - middle)) <= EVENNESS_M else None


def _ring(frame: DepthFrame, mask: np.ndarray, window: PixelBox) -> np.ndarray:
    """Return the (N, 3) points around a mask."""
    x0, y0 = max(window[0] - OUTER_PX, 0), max(window[1] - OUTER_PX, 0)
    area = slice(y0, window[3] + OUTER_PX), slice(x0, window[2] + OUTER_PX)
    inside = mask[area].astype(np.uint8)

    def grown(pixels: int) -> np.ndarray:
        return cv2.dilate(inside, np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)) > 0

    ring = grown(OUTER_PX) & ~grown(INNER_PX) & frame.reliable[area]
    return frame.lift(ring, area)
