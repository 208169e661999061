"""Find the depth image that belongs to a colour image, by stamp."""

from __future__ import annotations

import threading
from collections import deque
from typing import TypeAlias

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image

from seem_ros.geometry.depth import DepthError
from seem_ros.ros.messages import stamps
from seem_ros.ros.space.transforms import same_frame

DepthMessage: TypeAlias = Image | CompressedImage

KEPT = 10
"""Depth images kept for a colour image that comes later than they do."""


class DepthSync:
    """Matches depth to the one colour image that is being worked on.

    A slow model may work longer on an image than depth is kept, so the image is named when its
    work begins (`begin`); from then on the best match is held, whatever comes in.

    Attributes:
        recent: the newest depth images, oldest first.

    """

    def __init__(self, topic: str) -> None:
        """Start empty; `topic` is named in messages to the operator."""
        self._topic = topic
        self._changed = threading.Condition()
        self.recent: deque[DepthMessage] = deque(maxlen=KEPT)
        self._wanted: int | None = None
        self._best: DepthMessage | None = None

    def add(self, message: DepthMessage) -> None:
        """Take a depth image in; called by the subscription."""
        with self._changed:
            self.recent.append(message)
            if self._wanted is not None:
                self._best = self._closer(self._best, message, self._wanted)
            self._changed.notify_all()

    def begin(self, stamp: Time) -> None:
        """Name the stamp of the colour image that is worked on from now on."""
        with self._changed:
            self._wanted, self._best = stamps.to_ns(stamp), None
            for message in reversed(self.recent):  # of several as near, the newest
                self._best = self._closer(self._best, message, self._wanted)

    def match(self, frame_id: str, slop_s: float, wait_s: float = 0.0) -> DepthMessage:
        """Return the depth image of the colour image named last.

        Args:
            frame_id: of the colour image; registered depth has the same.
            slop_s: largest difference of stamps that still counts as the same moment, seconds.
            wait_s: how long to wait for depth that is still on its way, seconds.

        Raises:
            DepthError: there is none of that stamp, or it is in another frame.

        """
        with self._changed:
            if self._on_its_way(slop_s):
                self._changed.wait_for(lambda: self._fits(slop_s), wait_s)
            best, wanted = self._best, self._wanted
        if best is None or wanted is None:
            raise DepthError(f"no depth image has come on {self._topic}")
        off_s = (stamps.to_ns(best.header.stamp) - wanted) / 1e9
        if abs(off_s) > slop_s:
            raise DepthError(
                f"no depth on {self._topic} within {slop_s:g} s of the image: the nearest is "
                f"{abs(off_s):.3f} s {'later' if off_s > 0 else 'earlier'}; check the cameras' "
                "clocks and rates, or raise depth_sync_slop"
            )
        if not same_frame(best.header.frame_id, frame_id):
            raise DepthError(
                f"depth on {self._topic} is in frame '{best.header.frame_id}', the image in "
                f"'{frame_id}': use depth that is registered (aligned) to the colour image"
            )
        return best

    def _on_its_way(self, slop_s: float) -> bool:
        """Say whether depth flows, but has not come to the wanted stamp yet."""
        if not self.recent or self._wanted is None or self._fits(slop_s):
            return False
        behind_s = (self._wanted - stamps.to_ns(self.recent[-1].header.stamp)) / 1e9
        return 0 < behind_s < 1.0

    def _fits(self, slop_s: float) -> bool:
        if self._best is None or self._wanted is None:
            return False
        return abs(stamps.to_ns(self._best.header.stamp) - self._wanted) <= slop_s * 1e9

    @staticmethod
    def _closer(best: DepthMessage | None, other: DepthMessage, wanted: int) -> DepthMessage:
        if best is None:
            return other
        gap = abs(stamps.to_ns(best.header.stamp) - wanted)
        return other if abs(stamps.to_ns(other.header.stamp) - wanted) < gap else best
