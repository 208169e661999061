"""Turn depth images into metres, and take out what is no surface.

Depth is the distance along the camera's z axis (REP-118), registered to the colour image.
"""

from __future__ import annotations

import cv2
import numpy as np

PLAUSIBLE_MEDIAN_M = (0.02, 200.0)
"""A whole image whose median is outside this range is in other units than its encoding says."""
_WHOLE_RANGE = 8.0  # metres, all whole over so much: millimetres in floats
_SCALES = (1.0, 0.001, 0.0001)  # metres, millimetres, tenths of millimetres


class DepthError(ValueError):
    """A depth image that cannot be used, with what would be right."""


def depth_to_metres(depth: np.ndarray, metres_per_unit: float = 0.0) -> np.ndarray:
    """Convert a (H, W) uint16 millimetre or float32 metre image to float32 metres.

    Holes (0, negative, NaN, infinite) become NaN. (REP-118 gives the two encodings.) Cameras that
    have other units need `metres_per_unit`; 0 means those of the encoding.

    Raises:
        DepthError: another dtype or shape, or values that belong to other units.

    """
    if depth.ndim != 2:
        raise DepthError(f"depth must have one channel, got shape {depth.shape}")
    if depth.dtype == np.uint16:
        metres = depth.astype(np.float32)
        metres *= metres_per_unit or 0.001
        metres[depth == 0] = np.nan
    elif depth.dtype == np.float32:
        with np.errstate(invalid="ignore"):
            metres = np.where((depth > 0) & (depth < np.inf), depth, np.float32(np.nan))
        metres *= np.float32(metres_per_unit or 1.0)
    else:
        raise DepthError(f"depth must be 16UC1 (mm) or 32FC1 (m), got dtype {depth.dtype}")
    _check_units(metres, depth.dtype, metres_per_unit)
    return metres


def _check_units(metres: np.ndarray, source_dtype: np.dtype, metres_per_unit: float) -> None:
    """Refuse a depth image (float32 metres) whose values cannot be in the unit it claims.

    Raises:
        DepthError: the median of the valid pixels is closer than 2 cm or further than 200 m, or
            values of metres are all whole.

    """
    sample = metres[::8, ::8]
    sample = sample[np.isfinite(sample)]
    if sample.size < 16:
        return
    low, high = PLAUSIBLE_MEDIAN_M
    median = float(np.median(sample))
    floats = source_dtype != np.uint16
    whole = floats and not metres_per_unit and np.ptp(sample) >= _WHOLE_RANGE
    counted = whole and bool((sample == np.round(sample)).all())
    if low <= median <= high and not counted:
        return
    claimed = "32FC1 (metres)" if floats else "16UC1 (millimetres)"
    if metres_per_unit:
        claimed = f"depth_scale {metres_per_unit:g}"
    why = "all in whole metres" if counted else f"outside {low}..{high} m"
    unit_m = metres_per_unit or (1.0 if floats else 0.001)
    scales = [f"{scale:g} makes it {median / unit_m * scale:.4g} m" for scale in _SCALES]
    raise DepthError(
        f"depth as {claimed} gives a median distance of {median:.4g} m, {why}: the values are in "
        f"another unit; set depth_scale, metres per unit: {', '.join(scales)}"
    )


def edge_threshold(depth_m: np.ndarray, min_step_m: float, relative_step: float) -> np.ndarray:
    """Return the depth step, metres, that counts as an edge at each depth."""
    return np.maximum(np.float32(min_step_m), np.float32(relative_step) * depth_m)


def reliable_depth(
    depth_m: np.ndarray, min_step_m: float = 0.012, relative_step: float = 0.02
) -> np.ndarray:
    """Say which pixels of a (H, W) float32 metre image lie on a surface; (H, W) bool.

    Holes go, and so do pixels that stand behind a neighbour (3x3) by more than the step: those
    are the flying pixels that sensors put between an object and what is behind it, and the
    background next to an outline. The near side of an edge is kept, so objects are not shrunk.
    """
    valid = np.isfinite(depth_m)
    filled = np.where(valid, depth_m, np.float32(1e6))
    nearest = cv2.erode(filled, np.ones((3, 3), np.uint8))
    return valid & (filled - nearest <= edge_threshold(filled, min_step_m, relative_step))


def main_layer(
    depth_m: np.ndarray, min_gap_m: float = 0.03, relative_gap: float = 0.03, keep: float = 0.1
) -> np.ndarray:
    """Say which of (N,) depths belong to the object, not to what shows past its outline.

    The depths are split wherever sorted neighbours are further apart than the gap; the
    largest group stays, and every other that holds at least `keep` of the pixels.
    """
    if depth_m.size == 0:
        return np.zeros(0, bool)
    order = np.argsort(depth_m)
    ordered = depth_m[order]
    gap = np.maximum(min_gap_m, relative_gap * ordered[1:])
    group_of_sorted = np.concatenate([[0], np.cumsum(np.diff(ordered) > gap)])
    counts = np.bincount(group_of_sorted)
    kept = counts >= keep * depth_m.size
    kept[counts.argmax()] = True
    out = np.empty(depth_m.size, bool)
    out[order] = kept[group_of_sorted]
    return out


def depth_at(depth_m: np.ndarray, u: float, v: float, radius: int = 2) -> float:
    """Return the median depth, metres, around pixel (u, v) of a (H, W) image; NaN if none."""
    column, row = round(u), round(v)
    patch = depth_m[
        max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1
    ]
    values = patch[np.isfinite(patch)]
    return float(np.median(values)) if values.size else float("nan")
