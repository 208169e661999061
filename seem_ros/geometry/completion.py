"""Guess the unseen back of an object from its front, where symmetry leaves no doubt.

Most things that people grasp look the same when turned by half a turn about a vertical axis. If a
thing does, its visible points, turned so, lie on its hidden side: inside the outline in the image,
and behind the surface that was measured. That holds for one place of the axis only, and for none
if the thing is not symmetric (Thrun and Wegbreit, "Shape from symmetry", 2005; Bohg et al., "Mind
the gap - robotic grasping under incomplete observation", 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.geometry.camera import CameraModel

POINTS = 200
"""So many points are turned."""
ENOUGH = 0.8
"""Share of the turned points that must be where they can be; else the thing is not symmetric."""
REACH = 0.55
"""Farthest axis behind the front, of the visible width or depth: things are seldom deeper."""
OUTSIDE_PX, BEFORE = 1.0, 0.003
"""Tolerances: pixels outside the outline; before the surface, of the distance (3 mm at least)."""
LARGEST_PX = 8
"""A point that is farther off than this counts no more."""
NEAR_PRICE, ASIDE_PRICE = 0.01, 0.2
"""Pixels for each width that the axis is deeper or more aside: of equals the nearest is taken."""
AS_SEEN_PX = 0.2
"""An axis in the middle of what is seen adds nothing: it may cost so much more than the best."""
FINEST_M = 0.001


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen of an object in a window of the image.

    Attributes:
        camera: of the whole image.
        corner: (x, y) pixel of the window's first pixel.
        mask: (h, w) bool.
        depth_m: (h, w) float32 metres of the object's surface, 0 where it is not known.

    """

    camera: CameraModel
    corner: tuple[int, int]
    mask: np.ndarray
    depth_m: np.ndarray


@dataclass(frozen=True, eq=False)
class Symmetry:
    """What half a turn about the best vertical axis says.

    Attributes:
        turned: (N, 3) metres, some of the seen points after the turn.
        possible: (N,) bool, those that are where they can be.
        wrong: mean error of these points, pixels.
        wrong_as_seen: the same about an axis in the middle of what is seen.

    """

    turned: np.ndarray
    possible: np.ndarray
    wrong: float
    wrong_as_seen: float

    @property
    def needed(self) -> bool:
        """Whether the best axis fits better than one in the middle of what is seen."""
        return self.wrong_as_seen > self.wrong + AS_SEEN_PX

    @property
    def hidden(self) -> np.ndarray:
        """(M, 3) metres: the points that symmetry adds to the object; none if it has none."""
        holds = self.needed and self.possible.mean() >= ENOUGH
        return self.turned[self.possible] if holds else np.empty((0, 3))


def find_symmetry(points: np.ndarray, up: np.ndarray, sight: Sight) -> Symmetry | None:
    """Find the vertical axis about which an object may be turned; None if it is seen from above.

    Args:
        points: (N, 3) seen ones in the camera's optical frame, N >= 1, metres.
        up: (3,) unit vector against gravity in that frame.
        sight: what was seen.

    """
    middle = points.mean(0)
    away = middle - up * (middle @ up)
    if np.linalg.norm(away) < 0.1 * np.linalg.norm(middle):
        return None  # nothing is behind
    away /= np.linalg.norm(away)
    aside = np.cross(up, away)
    chosen = points[np.linspace(0, len(points) - 1, min(POINTS, len(points))).astype(np.intp)]
    turned = chosen - 2 * (np.outer(chosen @ away, away) + np.outer(chosen @ aside, aside))
    level = np.stack([away, aside])
    search = _AxisSearch(turned, level, sight, float(middle[2]))
    axis = search.best(chosen @ away, chosen @ aside)
    seen_middle = cv2.minAreaRect((points @ level.T).astype(np.float32))[0]
    wrong_as_seen, wrong = search.wrong_of(np.array(seen_middle), axis)
    found = turned + 2 * axis @ level
    outside, before = search.errors(found)
    possible = (outside <= search.outside_px + 0.5) & (before <= search.before_m)
    return Symmetry(found, possible, wrong, wrong_as_seen)


class _AxisSearch:
    """Finds where the vertical axis has to stand."""

    outside_px = OUTSIDE_PX

    def __init__(
        self, turned: np.ndarray, level: np.ndarray, sight: Sight, distance_m: float
    ) -> None:
        """Take (N, 3) points turned about the origin and the two level directions, (2, 3)."""
        self.level = level
        self.before_m = BEFORE * max(distance_m, 1.0)
        self._turned = turned
        self._sight = sight
        self._pixel_m = distance_m / sight.camera.fx
        pad = LARGEST_PX + 2
        self._origin = np.array(sight.corner) - pad
        self._outside = cv2.distanceTransform(
            (~np.pad(sight.mask, pad)).astype(np.uint8), cv2.DIST_L2, 3
        )
        self._depth_m = np.pad(sight.depth_m, pad)

    def errors(
        self, points: np.ndarray, depth_m: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return for (N, 3) points the pixels outside the mask and the metres before the surface.

        Points inside the object or behind it have no error. `depth_m` may stand in for the
        surface's own depth.
        """
        depth_m = self._depth_m if depth_m is None else depth_m
        pixels, valid = self._sight.camera.project(points)
        size = np.array(self._outside.shape)[::-1]
        places = np.rint(np.where(valid[:, None], pixels, -1e6)) - self._origin
        column, row = np.clip(places, 0, size - 1).astype(np.intp).T
        outside, surface = self._outside[row, column], depth_m[row, column]
        return outside, np.where(surface > 0, surface - points[:, 2], 0.0)

    def best(self, along: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Return the (2,) level coordinates of the axis, given those of the points, metres."""
        front, back = np.quantile(along, (0.01, 0.99))
        width = max(float(np.ptp(across)), 0.01)
        start = np.array([front, (across.min() + across.max()) / 2])
        last = front + REACH * max(width, back - front)
        step = max(0.004, 0.1 * width)
        depths = np.arange(front, last + 1e-6, step)
        sides = start[1] + width * np.array([-0.1, -0.05, 0.0, 0.05, 0.1])
        axes = np.stack(np.meshgrid(depths, sides), -1).reshape(-1, 2)
        axis = axes[self._prices(axes, start, width).argmin()]
        around = np.stack(np.meshgrid([0, -1, 1], [0, -1, 1]), -1).reshape(-1, 2)
        while step > FINEST_M:
            step /= 2
            for _ in range(2):
                axes = np.minimum(axis + around * step, (last, np.inf))
                axis = axes[self._prices(axes, start, width).argmin()]
        return axis

    def wrong_of(self, other: np.ndarray, axis: np.ndarray) -> tuple[float, float]:
        """Return the mean errors, pixels, about another (2,) axis and about the best one."""
        # On slopes a pixel's own depth says too little: what is behind a neighbour is behind.
        known = self._depth_m > 0
        around = cv2.erode(np.where(known, self._depth_m, np.float32(1e6)), np.ones((3, 3)))
        around = np.where(known, around, np.float32(0))
        wrong_other, wrong = self._wrong(np.stack([other, axis]), around)
        return float(wrong_other), float(wrong)

    def _prices(self, axes: np.ndarray, start: np.ndarray, width: float) -> np.ndarray:
        """Return for (K, 2) axes what speaks against each, pixels."""
        deeper, more_aside = ((axes - start) / width).T
        return self._wrong(axes) + NEAR_PRICE * deeper + ASIDE_PRICE * np.abs(more_aside)

    def _wrong(self, axes: np.ndarray, depth_m: np.ndarray | None = None) -> np.ndarray:
        """Return for (K, 2) axes the mean error of the turned points, pixels."""
        points = self._turned + 2 * (axes @ self.level)[:, None]
        outside, before = self.errors(points.reshape(-1, 3), depth_m)
        out = np.clip(outside - self.outside_px, 0, LARGEST_PX)
        front = np.clip((before - self.before_m) / self._pixel_m, 0, LARGEST_PX)
        return np.where(out > 0, out, front).reshape(len(axes), -1).mean(1)
