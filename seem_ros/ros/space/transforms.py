"""Transforms between frames at a stamp, through tf2_ros where it is installed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Transform
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time as RclpyTime

from seem_ros.geometry.boxes3d import matrix_from_quaternion
from seem_ros.geometry.scene import RigidTransform

if TYPE_CHECKING:
    import tf2_ros


class TransformUnavailableError(RuntimeError):
    """No transform between two frames, with the reason and what would help."""


def same_frame(first: str, second: str) -> bool:
    """Say whether two frame names mean one frame (tf1 wrote a leading slash)."""
    return first.lstrip("/") == second.lstrip("/")


def rigid_transform(transform: Transform) -> RigidTransform:
    """Return a transform as a RigidTransform.

    Raises:
        ValueError: its rotation is no rotation.

    """
    q, t = transform.rotation, transform.translation
    return RigidTransform(matrix_from_quaternion(q.x, q.y, q.z, q.w), np.array([t.x, t.y, t.z]))


class Transforms:
    """Looks up transforms; listens to /tf only from the first time one is needed.

    A machine that has only the ROS wheels has no tf2_ros: then a frame is known in itself only.

    Attributes:
        buffer: of tf2_ros, None while it does not listen.

    """

    def __init__(self, node: Node) -> None:
        """Prepare lookups for a node."""
        self._node = node
        self._starting = threading.Lock()  # the cameras of a node look up in threads of their own
        self.buffer: tf2_ros.Buffer | None = None
        self._listener: tf2_ros.TransformListener | None = None

    @property
    def started(self) -> bool:
        """Whether it listens to /tf."""
        return self.buffer is not None

    def start(self) -> bool:
        """Listen to /tf from now on; False when tf2_ros is not installed."""
        try:
            import tf2_ros
        except ImportError:
            return False
        with self._starting:
            if self.buffer is None:
                self.buffer = tf2_ros.Buffer(node=self._node)
                self._listener = tf2_ros.TransformListener(self.buffer, self._node)
        return True

    def destroy(self) -> None:
        """Stop listening."""
        with self._starting:
            if self._listener is not None:
                self._listener.unregister()
            self.buffer = self._listener = None

    def lookup(
        self, target: str, source: str, stamp: Time, timeout_s: float = 0.0
    ) -> RigidTransform:
        """Return where `source` lies in `target` at a time.

        Waits up to `timeout_s` seconds for a transform that is on its way; only for threads
        other than the executor's, which has to receive it.

        Raises:
            TransformUnavailableError: a frame has no name, tf2_ros is missing, a frame is not
                known, or there is no transform at that time.

        """
        if not target or not source:
            empty = "target" if not target else "source"
            raise TransformUnavailableError(f"the {empty} frame has no name (frame_id is empty)")
        if same_frame(target, source):
            return RigidTransform()
        if not self.start():
            raise TransformUnavailableError(
                f"cannot transform from '{source}' to '{target}': tf2_ros is not installed, so "
                f"only points in the frame '{target}' itself can be used"
            )
        return self._lookup(target, source, stamp, timeout_s)

    def _lookup(self, target: str, source: str, stamp: Time, timeout_s: float) -> RigidTransform:
        import tf2_ros

        assert self.buffer is not None
        timeout = Duration(nanoseconds=int(timeout_s * 1e9))
        try:
            found = self.buffer.lookup_transform(
                target.lstrip("/"), source.lstrip("/"), RclpyTime.from_msg(stamp), timeout
            )
            return rigid_transform(found.transform)
        except (tf2_ros.TransformException, ValueError) as error:
            raise TransformUnavailableError(
                f"no transform from '{source}' to '{target}' at the image's time "
                f"{stamp.sec}.{stamp.nanosec:09d}: {error}"
            ) from error
