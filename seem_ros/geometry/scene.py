"""Everything 3-D about the objects of one image, each part computed when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame, FoundSurface, ObjectPoints
from seem_ros.geometry.measuring import measure_box
from seem_ros.geometry.outline import mask_outlines, outline_on_plane, outline_on_surface
from seem_ros.instances import Instance


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """Where one frame lies in another: p_target = rotation @ p_source + translation (metres)."""

    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    translation: np.ndarray = field(default_factory=lambda: np.zeros(3))

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Return (N, 3) points of the source frame in the target frame, in their own dtype."""
        moved = points @ self.rotation.T.astype(points.dtype)
        return moved + self.translation.astype(points.dtype)


class SpatialScene:
    """The instances of one image in 3-D, in the frame that outputs are wanted in.

    Points, boxes and outlines are computed on first use and kept, so that several outputs of
    one image share the work and none is done for outputs that nobody reads.
    """

    def __init__(
        self,
        instances: Sequence[Instance],
        camera: CameraModel | None = None,
        depth: DepthFrame | None = None,
        to_target: RigidTransform | None = None,
        up: np.ndarray | None = None,
    ) -> None:
        """Hold what is known of one image.

        Args:
            instances: of the tracker; those without a mask are left out of everything.
            camera: of the image; None = no camera_info yet, then nothing has a place in 3-D.
            depth: None = no depth, then outlines lie on a plane and there are no clouds or boxes.
            to_target: from the camera's optical frame to the output frame; None = same frame.
            up: (3,) unit vector against gravity in the camera's optical frame, if known.

        """
        self.visible = [instance for instance in instances if instance.mask is not None]
        self.camera = camera
        self.depth = depth
        self.to_target = to_target or RigidTransform()
        self._up = up
        self._surfaces: dict[int, FoundSurface] = {}
        self._points: dict[int, ObjectPoints] = {}
        self._boxes: dict[int, OrientedBox | None] = {}
        self._outlines: dict[tuple[int, float], list[np.ndarray]] = {}

    def points(self, instance: Instance) -> ObjectPoints | None:
        """Return the points of an instance in the camera's optical frame; None without depth."""
        if self.depth is None or instance.mask is None:
            return None
        if instance.id not in self._points:
            self._points[instance.id] = self.depth.cut(
                instance.mask, instance.box, self._surface(self.depth, instance, instance.mask)
            )
        return self._points[instance.id]

    def box(self, instance: Instance) -> OrientedBox | None:
        """Return the oriented box in the output frame; None with too little depth."""
        if instance.id not in self._boxes:
            self._boxes[instance.id] = self._fit(instance)
        return self._boxes[instance.id]

    def _fit(self, instance: Instance) -> OrientedBox | None:
        if self.depth is None or instance.mask is None or instance.box is None:
            return None
        found = self._surface(self.depth, instance, instance.mask)
        box = measure_box(self.depth, instance.mask, instance.box, self._up, found)
        if box is None:
            return None
        return box.moved(self.to_target.rotation, self.to_target.translation)

    def _surface(self, depth: DepthFrame, instance: Instance, mask: np.ndarray) -> FoundSurface:
        if instance.id not in self._surfaces:
            self._surfaces[instance.id] = depth.surface(mask, instance.box)
        return self._surfaces[instance.id]

    def outlines(self, instance: Instance, plane_m: float) -> list[np.ndarray]:
        """Return closed (N, 3) polygons in the output frame.

        They lie on the object where there is depth, else on the plane z = `plane_m` before the
        camera. Empty without a camera.
        """
        key = (instance.id, plane_m)
        if key not in self._outlines:
            self._outlines[key] = self._trace(instance, plane_m)
        return self._outlines[key]

    def _trace(self, instance: Instance, plane_m: float) -> list[np.ndarray]:
        if self.camera is None or instance.mask is None or instance.box is None:
            return []
        x0, y0, x1, y1 = instance.box
        corner = np.array((x0, y0), np.float32)
        polygons = [p + corner for p in mask_outlines(instance.mask[y0:y1, x0:x1])]
        seen = self.points(instance)
        if self.depth is not None and seen is not None and len(seen):
            traced = [outline_on_surface(polygon, self.depth, seen) for polygon in polygons]
        else:
            traced = [outline_on_plane(polygon, self.camera, plane_m) for polygon in polygons]
        return [self.to_target.apply(points) for points in traced if len(points) >= 3]
