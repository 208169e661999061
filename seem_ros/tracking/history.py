"""Recent frames: small grey copies for motion, and what was where when a prompt was drawn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.tracking.clock import NANOSECONDS

_SMALL_SIDE = 320
_LEAST_CONTRAST = 3.0  # grey levels; a capped lens with sensor noise stays below


@dataclass(frozen=True, eq=False)
class Frame:
    """One camera frame.

    Attributes:
        stamp_ns: nanoseconds.
        size: (height, width) of the image.
        grey: (h, w) uint8, at most 320 pixels wide or high, for motion.
        contrast: largest standard deviation of a colour channel, grey levels.

    """

    stamp_ns: int
    size: tuple[int, int]
    grey: np.ndarray
    contrast: float

    @classmethod
    def of(cls, rgb: np.ndarray, stamp_ns: int) -> Frame:
        """Make the small copy of an (H, W, 3) uint8 image."""
        height, width = rgb.shape[:2]
        scale = min(1.0, _SMALL_SIDE / max(height, width))
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        resized = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(resized, cv2.COLOR_RGB2GRAY)
        return cls(stamp_ns, (height, width), grey, float(cv2.meanStdDev(resized)[1].max()))

    @property
    def is_blank(self) -> bool:
        """Whether the frame shows nothing: black, white or a covered lens."""
        return self.contrast < _LEAST_CONTRAST


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame with the (H, W) uint16 label image that was published for it."""

    frame: Frame
    labels: np.ndarray


class FrameHistory:
    """The last frames, bounded in time and number."""

    def __init__(self, seconds: float, most: int = 64) -> None:
        """Keep this many seconds, and at most this many frames."""
        self._span_ns = round(seconds * NANOSECONDS)
        self._moments: deque[Moment] = deque(maxlen=most)

    def __len__(self) -> int:
        """Return the number of frames held."""
        return len(self._moments)

    def add(self, frame: Frame, labels: np.ndarray) -> None:
        """Remember a frame; the same stamp again replaces it."""
        if self._moments and self._moments[-1].frame.stamp_ns == frame.stamp_ns:
            self._moments.pop()
        self._moments.append(Moment(frame, labels))
        while frame.stamp_ns - self._moments[0].frame.stamp_ns > self._span_ns:
            self._moments.popleft()

    def since(self, stamp_ns: int, most: int = 8) -> list[Moment]:
        """Return the frame nearest to a stamp and some of those after it, oldest first.

        Empty if the stamp is older than all frames held. At most `most` frames, evenly chosen.
        """
        moments = list(self._moments)
        if not moments or stamp_ns < moments[0].frame.stamp_ns:
            return []
        distances = [abs(moment.frame.stamp_ns - stamp_ns) for moment in moments]
        after = moments[int(np.argmin(distances)) :]
        return after[:: -(-len(after) // most)]

    def clear(self) -> None:
        """Forget all frames."""
        self._moments.clear()
