"""RViz markers of the instances: 3-D box, outline and name, one id and colour for life."""

from __future__ import annotations

import itertools

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Pose, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from seem_ros.geometry.boxes3d import OrientedBox
from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import TRACKED, Instance
from seem_ros.visualize.colours import colour_of

BOX, OUTLINE, NAME = "box", "outline", "name"
TEXT_HEIGHT_M = 0.04
LINE_WIDTH_M = 0.004

_MarkerKey = tuple[str, int]


class InstanceMarkers:
    """Makes the MarkerArray of each image, and takes back what is gone.

    A marker is named by its namespace (box, outline, name) and the instance's id. Its lifetime
    ends by itself when the node dies.
    """

    def __init__(self) -> None:
        """Start with nothing shown."""
        self._shown: set[_MarkerKey] = set()

    def array(
        self, header: Header, scene: SpatialScene, lifetime_s: float, plane_m: float
    ) -> MarkerArray:
        """Return the markers of a scene.

        Args:
            header: of all markers, used as it is; its frame is the scene's output frame.
            scene: outlines lie on its depth, or on a plane before its camera.
            lifetime_s: after this long without a new one RViz removes a marker; 0 = never.
            plane_m: distance of that plane, metres.

        """
        markers = []
        for instance in scene.visible:
            markers += self._of(header, scene, instance, plane_m)
        whole = int(lifetime_s)
        lifetime = Duration(sec=whole, nanosec=int((lifetime_s - whole) * 1e9))
        for marker in markers:
            marker.lifetime = lifetime
        keys = {(marker.ns, marker.id) for marker in markers}
        markers += [self._gone(header, key) for key in sorted(self._shown - keys)]
        self._shown = keys
        return MarkerArray(markers=markers)

    def _of(
        self, header: Header, scene: SpatialScene, instance: Instance, plane_m: float
    ) -> list[Marker]:
        box = scene.box(instance)
        outlines = scene.outlines(instance, plane_m)
        markers = [self._box(header, instance, box)] if box is not None else []
        if outlines:
            markers.append(self._outline(header, instance, outlines))
            markers.append(self._name(header, instance, box, outlines))
        return markers

    def _new(self, header: Header, key: _MarkerKey, kind: int, alpha: float) -> Marker:
        red, green, blue = (part / 255 for part in colour_of(key[1]))
        marker = Marker(header=header, ns=key[0], id=key[1], type=kind, action=Marker.ADD)
        marker.pose.orientation.w = 1.0
        marker.color = ColorRGBA(r=red, g=green, b=blue, a=alpha)
        return marker

    def _box(self, header: Header, instance: Instance, box: OrientedBox) -> Marker:
        alpha = 0.35 if instance.state == TRACKED else 0.15
        marker = self._new(header, (BOX, instance.id), Marker.CUBE, alpha)
        fill_pose(marker.pose, box)
        # RViz warns about a scale of zero: a flat thing gets a tenth of a millimetre.
        marker.scale.x, marker.scale.y, marker.scale.z = np.maximum(box.size, 1e-4).tolist()
        return marker

    def _outline(self, header: Header, instance: Instance, outlines: list[np.ndarray]) -> Marker:
        alpha = 1.0 if instance.state == TRACKED else 0.5
        marker = self._new(header, (OUTLINE, instance.id), Marker.LINE_LIST, alpha)
        marker.scale.x = LINE_WIDTH_M
        for polygon in outlines:
            corners = [Point(x=x, y=y, z=z) for x, y, z in polygon.tolist()]
            closed = itertools.pairwise([*corners, corners[0]])
            marker.points.extend(itertools.chain.from_iterable(closed))
        return marker

    def _name(
        self,
        header: Header,
        instance: Instance,
        box: OrientedBox | None,
        outlines: list[np.ndarray],
    ) -> Marker:
        marker = self._new(header, (NAME, instance.id), Marker.TEXT_VIEW_FACING, 1.0)
        marker.scale.z = TEXT_HEIGHT_M
        place = outlines[0].mean(0) if box is None else box.centre
        marker.pose.position.x, marker.pose.position.y, marker.pose.position.z = place.tolist()
        name = instance.name or "unnamed"
        marker.text = f"{name} #{instance.id} {instance.name_score:.2f} {instance.state}"
        return marker

    def _gone(self, header: Header, key: _MarkerKey) -> Marker:
        return Marker(header=header, ns=key[0], id=key[1], action=Marker.DELETE)


def fill_pose(pose: Pose, box: OrientedBox) -> None:
    """Set a pose to the centre and axes of a box."""
    position, orientation = pose.position, pose.orientation
    position.x, position.y, position.z = box.centre.tolist()
    orientation.x, orientation.y, orientation.z, orientation.w = box.quaternion


def fill_size(size: Vector3, box: OrientedBox) -> None:
    """Set a size to the extents of a box, metres."""
    size.x, size.y, size.z = box.size.tolist()
