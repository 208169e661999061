"""Find an object's own surface under its mask, with noise smoothed and small gaps closed.

Depth is worst where a mask ends: holes, flying pixels, and background under a mask that is a
little too large. The border of the mask, though, comes from the colour image and is good. So depth
is judged by the planes that go through the inside of the mask, and pixels without good depth take
over what these say.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.geometry.depth import main_layer
from seem_ros.geometry.smoothing import RADIUS_PX, fit_planes

BORDER_PX = 2
"""Width of the mask's border, where depth counts only if it fits the inside."""
STEP_MIN_M, STEP_RELATIVE = 0.006, 0.006
"""Largest step from the inside to the border that is still one surface: 6 mm, or 0.6 %."""
SHIFT_PX, STEEPEST_M = 1.5, 0.02
"""Sensors see borders so many pixels off: on slopes (metres a pixel) steps may be larger."""
EVEN_PX, EVENNESS = 5, 0.6
"""So large a neighbourhood must fit a plane, on average to so much of the step, to be even."""
DOUBTFUL = 0.03
"""Share of a mask from which on steps are looked at: there is more than a border of them."""
BEHIND, BESIDE_PX = 0.3, 9
"""So large a share behind, in such a neighbourhood, is background and no noise at an outline."""
SURE, NONE = 0.5, 0.4
"""A mask is a ring too large where the background comes up to it, on so large a share of the
pixels beside it, while so small a share of its own second ring lies on the object."""
ALL_ROUND, AGAINST = 0.15, 2.0
"""If it is, on so large a share of its border, and so many times what speaks against it, it is
too large all round: where a thing touches the table no depth can tell."""
REACH_PX = 5.0
"""How far from good depth a pixel may take it over."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Depth of an object in the window of its mask.

    Attributes:
        measured: (h, w) bool, pixels whose own depth is good.
        covered: (h, w) bool, pixels of the mask that have depth after gaps were closed.
        depth_m: (h, w) float32 metres, smoothed; valid where `covered`.

    """

    measured: np.ndarray
    covered: np.ndarray
    depth_m: np.ndarray


def find_surface(mask: np.ndarray, depth_m: np.ndarray, reliable: np.ndarray) -> Surface:
    """Find the surface of an object in a window of an image.

    Args:
        mask: (h, w) bool.
        depth_m: (h, w) float32 metres.
        reliable: (h, w) bool, see depth.reliable_depth.

    """
    good = mask & reliable
    known = mask & np.isfinite(depth_m)
    if known.sum() > (1 + DOUBTFUL) * good.sum():
        good |= _even(depth_m, known)
    # Thin parts have no inside: there all that is reliable must do.
    core = good & (_inside(mask) | _thin(mask))
    if not core.any():
        return Surface(core, core, depth_m)
    kept = core.copy()
    kept[core] = main_layer(depth_m[core])
    expected, slope = _continued(depth_m, kept)
    measured = good & (_off(depth_m, good, expected) <= _step(expected, slope))
    if measured.sum() < 0.3 * kept.sum():  # nothing but noise: no plane fits anything
        measured = kept
    behind = known & ~reliable & (depth_m - expected > _step(expected, slope))
    mask = _trimmed(mask, behind, known)
    step, finite = _step(expected, slope), np.isfinite(depth_m)
    off = np.where(finite, depth_m - expected, np.float32(0))
    mask = _centred(mask, finite & (np.abs(off) <= step), off > step)
    measured &= mask
    filled, _ = _continued(depth_m, measured)
    return Surface(measured, mask & (_distance(measured) <= REACH_PX), filled)


def _even(depth_m: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Say which pixels lie on a plane, however steep: there steps between neighbours are no edge.

    Seen at a grazing angle, the top of a thing has larger steps than many an edge.
    """
    if not known.any():
        return known
    expected, slope = fit_planes(depth_m, known)
    step, off = _step(expected, slope), _off(depth_m, known, expected)
    squares = np.where(known, np.minimum(off, np.float32(1)) ** 2, np.float32(0))
    size = (EVEN_PX, EVEN_PX)
    total = cv2.boxFilter(squares, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    weight = known.astype(np.float32)
    count = cv2.boxFilter(weight, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return known & (off <= step) & (total <= count * (EVENNESS * step) ** 2)


def _step(expected_m: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the largest difference from the expected depth that is no edge, metres."""
    step = np.maximum(np.float32(STEP_MIN_M), np.float32(STEP_RELATIVE) * expected_m)
    return step + SHIFT_PX * np.minimum(slope, np.float32(STEEPEST_M))


def _off(depth_m: np.ndarray, known: np.ndarray, expected_m: np.ndarray) -> np.ndarray:
    """Return how far known pixels are from the expected depth, metres; others are very far."""
    return np.abs(np.where(known, depth_m, np.float32(1e6)) - expected_m)


def _inside(mask: np.ndarray) -> np.ndarray:
    """Return the mask without its border; what lies outside the window counts as outside."""
    padded = np.pad(mask, BORDER_PX).astype(np.uint8)
    kernel = np.ones((2 * BORDER_PX + 1, 2 * BORDER_PX + 1), np.uint8)
    eroded = cv2.erode(padded, kernel)
    return eroded[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX].astype(bool)


def _thin(mask: np.ndarray) -> np.ndarray:
    """Return the parts of a mask that are narrower than two of its borders."""
    size = 2 * BORDER_PX + 1
    padded = np.pad(mask, size).astype(np.uint8)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    wide = cv2.dilate(opened, np.ones((size, size), np.uint8))[size:-size, size:-size]
    return mask & (wide == 0)


def _trimmed(mask: np.ndarray, behind: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return a mask without its border where the next pixels inwards are the background's too.

    Sensors are wrong at an outline, but not two pixels inside it: what lies there behind the
    object (a mask that is too large, or the foot of a side seen at a grazing angle) says
    nothing about how wide the object is.

    Args:
        mask: (h, w) bool.
        behind: (h, w) bool, pixels a step behind the surface that the inside goes on with.
        known: (h, w) bool, pixels with depth.

    """
    depth_px = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_C, 3)[1:-1, 1:-1]
    kept = mask
    for ring in range(1, BORDER_PX + 1):
        second = known & (depth_px == ring + 1)
        count = _count(second)
        far = (_count(second & behind) > BEHIND * count) & (count >= 3)
        kept = kept & ~((depth_px <= ring) & far)
    return kept


def _centred(mask: np.ndarray, on: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Return a mask without its border where the band of bad depth lies inside of it.

    At an outline a sensor measures neither side; the outline is in the middle of that band.
    Where the background is good right up to a mask while the object is not, the mask is too
    large. Where neither is good, or both, the mask is left as it is.

    Args:
        mask: (h, w) bool.
        on: (h, w) bool, pixels with depth on the surface that the inside goes on with.
        behind: (h, w) bool, pixels with depth a step behind it.

    """
    kernel = np.ones((3, 3), np.uint8)
    for _ in range(BORDER_PX):
        padded = np.pad(mask, 1).astype(np.uint8)
        inner = cv2.erode(padded, kernel)
        second = (inner > cv2.erode(inner, kernel))[1:-1, 1:-1]
        outside = (cv2.dilate(padded, kernel) > padded)[1:-1, 1:-1]
        beside, within = _count(outside), _count(second)
        far = (_count(outside & behind) > SURE * beside) & (beside >= 3)
        empty = (_count(second & on) < NONE * within) & (within >= 3)
        ring = mask & (inner[1:-1, 1:-1] == 0)
        right = ring & (_count(outside & ~on & ~behind) > 0.5 * beside)
        cut = ring & far & empty
        count = np.count_nonzero(cut)
        if not count:
            break
        enough = max(ALL_ROUND * np.count_nonzero(ring), AGAINST * np.count_nonzero(right))
        mask = mask & ~(ring if count > enough else cut)
    return mask


def _count(chosen: np.ndarray) -> np.ndarray:
    """Return how many pixels are chosen around each."""
    size = (BESIDE_PX, BESIDE_PX)
    weight = chosen.astype(np.float32)
    return cv2.boxFilter(weight, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)


def _continued(depth_m: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return smoothed depth, metres, and its slope; farther than the planes reach, the nearest."""
    fitted, slope = fit_planes(depth_m, source)
    distance, labels = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    near = distance <= RADIUS_PX
    of_label = np.zeros((int(labels.max()) + 1, 2), np.float32)
    of_label[labels[source]] = np.stack([fitted[source], slope[source]], 1)
    spread = of_label[labels]
    # Things bend away from the plane of their inside towards an outline, never nearer.
    fitted = np.where(source, fitted, np.maximum(fitted, spread[..., 0]))
    return np.where(near, fitted, spread[..., 0]), np.where(near, slope, spread[..., 1])


def _distance(source: np.ndarray) -> np.ndarray:
    """Return the distance of every pixel to the nearest source pixel, px."""
    return cv2.distanceTransform((~source).astype(np.uint8), cv2.DIST_L2, 3)
