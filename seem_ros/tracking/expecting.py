"""Where instances are expected in a new frame: by the motion, and by their looks around there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from seem_ros.prompts import Point
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.clock import GAP_NS
from seem_ros.tracking.frames import GreyFrame
from seem_ros.tracking.motion import Motion, estimate, moved_segmentation
from seem_ros.tracking.recall import RECALL, distances, interior_points, surroundings, weigh
from seem_ros.tracking.track import LOST_AFTER, Track

_SMOOTHING = 0.35  # weight of what is expected; 0.5 was worse before looks were recalled
# How far an object grows in a frame, as a share of the square root of its area, where the motion
# can be trusted and where it cannot. 0.15 was measured worse, and at 1.0 ids switched.
_REACH, _FARTHEST_REACH = 0.3, 0.6
_SURE = 0.5  # trust in the motion from which an instance does not turn up beside itself
_CLICKS = 2  # four changed nothing
_LEAST_RECALLED = 0.1  # share of the moved mask, or nothing is known of where it is


@dataclass(frozen=True, eq=False)
class Moved:
    """An instance's last result as the motion moves it, and how far that can be trusted, 0..1."""

    result: Segmentation
    trust: float

    @cached_property
    def away(self) -> np.ndarray:
        """How far each place is from the moved mask, see `distances`."""
        return distances(self.result.mask)


@dataclass(frozen=True, eq=False)
class Expectation:
    """Where an instance is expected.

    Attributes:
        result: the last result, moved along and drawn to where the picture looks like it.
        moved: as the motion alone expects it.
        clicks: positive ones (x, y, 1) deep inside.
        alike: (h, w) where the picture looks like it, None where the model cannot tell.
        rivals: ids of the instances in view that look the same.

    """

    result: Segmentation
    moved: Moved
    clicks: Sequence[Point]
    alike: np.ndarray | None = None
    rivals: tuple[int, ...] = ()

    @property
    def reach(self) -> float:
        """How far the answer can lie outside, as a share of the square root of its area."""
        return _REACH + (1 - self.moved.trust) * (_FARTHEST_REACH - _REACH)

    @property
    def weight(self) -> float:
        """Weight against the answer, 0..1; less where a doubtful motion alone tells."""
        recalled = self.result is not self.moved.result
        return _SMOOTHING * (1.0 if recalled else self.moved.trust)


def all_moved(tracks: Sequence[Track], frame: GreyFrame) -> dict[int, Moved]:
    """Return id -> where the motion expects an instance, for those that it tells of."""
    motions: dict[int, Motion | None] = {}
    moved = {}
    for track in tracks:
        key = id(track.source)
        if key not in motions:
            motions[key] = _motion(track.source, frame)
        motion = motions[key]
        if track.unseen < LOST_AFTER and motion is not None:
            result = moved_segmentation(track.result, motion, frame.size)
            if result.mask.any():
                moved[track.id] = Moved(result, motion.trust(result.mask))
    return moved


def _motion(source: GreyFrame, frame: GreyFrame) -> Motion | None:
    """Return the motion since a frame, None where it cannot be known."""
    if abs(frame.stamp_ns - source.stamp_ns) > GAP_NS:
        return None
    motion = estimate(source, frame)
    return motion if motion.reliable else None


@dataclass(frozen=True, eq=False)
class Awaited:
    """An instance before the picture is looked at.

    Attributes:
        by_motion: where the motion alone expects it.
        near: (H, W) bool, where it can be.
        memories: of it.
        rivals: memories of those that look the same.

    """

    by_motion: Expectation
    near: np.ndarray
    memories: Sequence[Any]
    rivals: Sequence[Any]


def awaited(track: Track, moved: Mapping[int, Moved], rivals: Sequence[Track]) -> Awaited | None:
    """Return where the motion leads an instance; None if it moved out of the picture.

    Args:
        track: the instance, of which the motion tells.
        moved: of all instances, see `all_moved`.
        rivals: instances that look the same. Looks cannot tell it from them, so the nearest of
            them has a place.

    """
    own = moved[track.id]
    clicks = interior_points(own.result.mask, _CLICKS)
    if not clicks:
        return None
    beside = tuple(rival.id for rival in rivals if rival.id in moved)
    reach = _FARTHEST_REACH * (1 - own.trust if beside else 1)
    near = surroundings(own.result.mask, reach, [moved[rival].away for rival in beside])
    tokens = [token for rival in rivals for token in rival.memory.prompted_tokens]
    by_motion = Expectation(own.result, own, clicks, None, beside)
    return Awaited(by_motion, near, track.memory.prompted_tokens, tokens)


def expected(instance: Awaited, alike: np.ndarray | None) -> Expectation:
    """Return where an instance is expected by the motion and by its looks.

    Args:
        instance: where the motion expects it.
        alike: (h, w) where the picture looks like it, None where the model cannot tell.

    """
    by_motion = dataclasses.replace(instance.by_motion, alike=alike)
    if alike is None:
        return by_motion
    own = by_motion.moved
    weighed = weigh(own.result, alike, instance.near, RECALL, own.trust < _SURE)
    inside = interior_points(weighed.mask, _CLICKS)
    least = _LEAST_RECALLED * np.count_nonzero(own.result.mask)
    if not inside or np.count_nonzero(weighed.mask) <= least:
        return by_motion
    return dataclasses.replace(by_motion, result=weighed, clicks=inside)
