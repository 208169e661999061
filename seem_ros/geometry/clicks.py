"""Find the pixel that a 3-D click means, or say why there is none."""

from __future__ import annotations

import numpy as np

from seem_ros.geometry.camera import MIN_DEPTH_M, CameraModel
from seem_ros.geometry.depth import depth_at

HIDDEN_MIN_M = 0.03
HIDDEN_RELATIVE = 0.03
"""A surface nearer than the click by more than 3 cm, or 3 % of its depth, hides it."""


class ClickRefusedError(ValueError):
    """A 3-D click that names no visible pixel, with the reason."""


def locate_click(
    point: np.ndarray, camera: CameraModel, depth_m: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the pixel (u, v) of a (3,) point in the camera's optical frame, metres.

    With a registered (H, W) float32 metre depth image, the point must not lie behind what the
    camera sees there.

    Raises:
        ClickRefusedError: the point is not finite, behind the camera, out of the image, or hidden.

    """
    x, y, z = (float(value) for value in point)
    where = f"({x:.3f}, {y:.3f}, {z:.3f}) m in the camera frame"
    if not np.isfinite((x, y, z)).all():
        raise ClickRefusedError(f"the clicked point {where} is not finite")
    if z <= MIN_DEPTH_M:
        raise ClickRefusedError(f"the clicked point {where} is behind the camera")
    pixels, valid = camera.project(np.array([[x, y, z]]))
    if not valid[0]:
        raise ClickRefusedError(f"the clicked point {where} is outside the lens's field of view")
    if not camera.contains(pixels)[0]:
        u, v = pixels[0]
        raise ClickRefusedError(
            f"the clicked point {where} is outside the image: it projects to pixel "
            f"({u:.0f}, {v:.0f}) of {camera.width}x{camera.height}"
        )
    u, v = (float(value) for value in pixels[0])
    if depth_m is not None:
        _refuse_hidden(depth_at(depth_m, u, v), z)
    return u, v


def _refuse_hidden(seen_m: float, clicked_m: float) -> None:
    if seen_m < clicked_m - max(HIDDEN_MIN_M, HIDDEN_RELATIVE * clicked_m):
        raise ClickRefusedError(
            f"the clicked point is hidden: it is {clicked_m:.2f} m away, but the camera sees "
            f"a surface {seen_m:.2f} m away there"
        )
