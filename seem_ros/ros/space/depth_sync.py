"""Find the depth image that belongs to a colour image, by stamp."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from seem_ros.geometry.depth import DepthError
from seem_ros.ros.messages import stamps
from seem_ros.ros.space.transforms import same_frame

DepthMessage: TypeAlias = Image | CompressedImage

KEPT = 10
"""Depth images kept for a colour image that comes later than they do."""


IN_WORK = 2
"""Colour images that depth is wanted for: one in the model, one that is being published."""


@dataclass
class _Wanted:
    """A colour image, and the best depth for it so far."""

    header: Header
    best: DepthMessage | None = None

    @property
    def stamp_ns(self) -> int:
        return stamps.to_ns(self.header.stamp)

    def offer(self, message: DepthMessage) -> None:
        """Take a depth image if it is nearer than the best one."""
        if self.best is None or self._gap_ns(message) < self._gap_ns(self.best):
            self.best = message

    def fits(self, slop_s: float) -> bool:
        return self.best is not None and self._gap_ns(self.best) <= slop_s * 1e9

    def _gap_ns(self, message: DepthMessage) -> int:
        return abs(stamps.to_ns(message.header.stamp) - self.stamp_ns)


class DepthSync:
    """Matches depth to the colour images that are being worked on.

    A slow model may work longer on an image than depth is kept, so the image is named when its
    work begins (`begin`); from then on the best match is held, whatever comes in. It is known by
    its header, the object: two images may have the same stamp.

    Attributes:
        recent: the newest depth images, oldest first.

    """

    def __init__(self, topic: str) -> None:
        """Start empty; `topic` is named in messages to the operator."""
        self._topic = topic
        self._changed = threading.Condition()
        self.recent: deque[DepthMessage] = deque(maxlen=KEPT)
        self._wanted: deque[_Wanted] = deque(maxlen=IN_WORK)

    def add(self, message: DepthMessage) -> None:
        """Take a depth image in; called by the subscription."""
        with self._changed:
            self.recent.append(message)
            for wanted in self._wanted:
                wanted.offer(message)
            self._changed.notify_all()

    def begin(self, header: Header) -> None:
        """Name the header of the colour image that is worked on from now on."""
        with self._changed:
            wanted = _Wanted(header)
            for message in reversed(self.recent):  # of several as near, the newest
                wanted.offer(message)
            self._wanted.append(wanted)

    def match(self, header: Header, slop_s: float, wait_s: float = 0.0) -> DepthMessage:
        """Return the depth image of one of the colour images named last.

        Args:
            header: of the colour image, as given to `begin`; registered depth has the same frame.
            slop_s: largest difference of stamps that still counts as the same moment, seconds.
            wait_s: how long to wait for depth that is still on its way, seconds.

        Raises:
            DepthError: there is none of that stamp, or it is in another frame.

        """
        with self._changed:
            wanted = next((each for each in self._wanted if each.header is header), None)
            if wanted is not None and self._on_its_way(wanted, slop_s):
                self._changed.wait_for(lambda: wanted.fits(slop_s), wait_s)
            best = None if wanted is None else wanted.best
        if best is None:
            raise DepthError(f"no depth image has come on {self._topic}")
        off_s = (stamps.to_ns(best.header.stamp) - stamps.to_ns(header.stamp)) / 1e9
        if abs(off_s) > slop_s:
            raise DepthError(
                f"no depth on {self._topic} within {slop_s:g} s of the image: the nearest is "
                f"{abs(off_s):.3f} s {'later' if off_s > 0 else 'earlier'}; check the cameras' "
                "clocks and rates, or raise depth_sync_slop"
            )
        if not same_frame(best.header.frame_id, header.frame_id):
            raise DepthError(
                f"depth on {self._topic} is in frame '{best.header.frame_id}', the image in "
                f"'{header.frame_id}': use depth that is registered (aligned) to the colour image"
            )
        return best

    def _on_its_way(self, wanted: _Wanted, slop_s: float) -> bool:
        """Say whether depth flows, but has not come to the wanted stamp yet."""
        if not self.recent or wanted.fits(slop_s):
            return False
        behind_s = (wanted.stamp_ns - stamps.to_ns(self.recent[-1].header.stamp)) / 1e9
        return 0 < behind_s < 1.0
