"""Errors of boxes and clouds against the clip's truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.demo.answers import Answers
from seem_ros.demo.footage import Solid
from seem_ros.demo.tables import lines_of
from seem_ros.geometry.boxes3d import OrientedBox, matrix_from_quaternion

HEADINGS = ("thing", "images", "cloud's centre", "box's centre", "extents", "found", "true")


@dataclass(frozen=True, eq=False)
class Placed:
    """One instance in space in one image, beside the truth.

    Attributes:
        name: of the cue that made it.
        found: the box that the node gave, in the camera's optical frame.
        solid: the truth.
        centroid_error_m: between the mean of its cloud and that of its visible surface; NaN
            where no cloud came.

    """

    name: str
    found: OrientedBox
    solid: Solid
    centroid_error_m: float

    @property
    def centre_error_m(self) -> float:
        """Distance of the box's centre from the whole thing's."""
        return float(np.linalg.norm(self.found.centre - self.solid.box.centre))

    @property
    def extent_errors(self) -> np.ndarray:
        """(3,) found extents over true ones less 1; longest first, the upright one last."""
        return _extents(self.found, self.solid) / _extents(self.solid.box, self.solid) - 1


def place(name: str, instance_id: int, solid: Solid, answers: Answers) -> Placed | None:
    """Compare an instance with the truth; None where the node gave it no place in space."""
    instance = answers.instance(instance_id)
    if instance is None or not instance.has_3d:
        return None
    spot, turn, size = instance.pose.position, instance.pose.orientation, instance.size
    box = OrientedBox(
        np.array([spot.x, spot.y, spot.z]),
        matrix_from_quaternion(turn.x, turn.y, turn.z, turn.w),
        np.array([size.x, size.y, size.z]),
    )
    points = answers.points(instance_id)
    apart = np.linalg.norm(points.mean(0) - solid.centroid) if len(points) else np.nan
    return Placed(name, box, solid, float(apart))


def table(placed: Sequence[Placed]) -> str:
    """Return medians over the images of each thing as lines of text."""
    names = dict.fromkeys(item.name for item in placed)
    return lines_of(HEADINGS, [_row([p for p in placed if p.name == name]) for name in names])


def figures(placed: Sequence[Placed]) -> list[dict]:
    """Return every comparison as plain values, metres."""
    return [
        {
            "name": item.name,
            "centroid_error_m": item.centroid_error_m,
            "centre_error_m": item.centre_error_m,
            "size_m": _extents(item.found, item.solid).tolist(),
            "true_size_m": _extents(item.solid.box, item.solid).tolist(),
        }
        for item in placed
    ]


def _extents(box: OrientedBox, solid: Solid) -> np.ndarray:
    """Return the extents of a box in an order that fits those of others of the same thing."""
    upright = np.abs(box.axes.T @ solid.box.axes[:, 2]).argmax()
    level = np.sort(np.delete(box.size, upright))[::-1]
    return np.array([*level, box.size[upright]])


def _row(items: Sequence[Placed]) -> tuple[str, ...]:
    extents = np.median([item.extent_errors for item in items], axis=0)
    found = np.median([_extents(item.found, item.solid) for item in items], axis=0)
    true = _extents(items[0].solid.box, items[0].solid)
    centroids = [item.centroid_error_m for item in items]
    centroid = np.nan if np.isnan(centroids).all() else float(np.nanmedian(centroids))
    return (
        items[0].name,
        str(len(items)),
        "-" if np.isnan(centroid) else f"{centroid * 100:.1f} cm off",
        f"{np.median([item.centre_error_m for item in items]) * 100:.1f} cm off",
        " ".join(f"{error:+.0%}" for error in extents),
        _size(found),
        _size(true),
    )


def _size(size: np.ndarray) -> str:
    return " x ".join(f"{edge * 100:.1f}" for edge in size) + " cm"
