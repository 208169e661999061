"""The newest frame of a stream, and what is kept of those before it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.model import Picture, PromptableModel

HISTORY_S = 2.0  # how far back the stamp of a prompt can reach
_MOST_MOMENTS = 64
_SMALL_SIDE = 320
_LEAST_CONTRAST = 3.0  # grey levels; a capped lens with sensor noise stays below
_SMALL_AREA = 0.01  # share of the picture; the network's cells are too coarse for less


@dataclass(frozen=True, eq=False)
class GreyFrame:
    """The stamp and a small grey copy of a frame: what is kept of it.

    Attributes:
        stamp_ns: nanoseconds.
        size: (height, width) of the image.
        grey: (h, w) uint8, at most 320 pixels wide or high, for motion.
        contrast: largest standard deviation of a colour channel, grey levels.
        repeats: pictures that came under the same stamp just before it.

    """

    stamp_ns: int
    size: tuple[int, int]
    grey: np.ndarray
    contrast: float
    repeats: int = 0

    @classmethod
    def of(cls, rgb: np.ndarray, stamp_ns: int, repeats: int = 0) -> GreyFrame:
        """Make the small copy of an (H, W, 3) uint8 image."""
        height, width = rgb.shape[:2]
        scale = min(1.0, _SMALL_SIDE / max(height, width))
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        resized = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(resized, cv2.COLOR_RGB2GRAY)
        contrast = float(cv2.meanStdDev(resized)[1].max())
        return cls(stamp_ns, (height, width), grey, contrast, repeats)

    @property
    def is_blank(self) -> bool:
        """Whether the frame shows nothing: black, white or a covered lens."""
        return self.contrast < _LEAST_CONTRAST


@dataclass(frozen=True, eq=False)
class NewestFrame:
    """The newest frame of a stream.

    Attributes:
        rgb: (H, W, 3) uint8.
        small: its stamp and small grey copy.
        model: looks at it.
        detail: in which it is read, see PromptableModel.look.

    """

    rgb: np.ndarray
    small: GreyFrame
    model: PromptableModel
    detail: float = 1.0

    @cached_property
    def picture(self) -> Picture:
        """What the model sees; it looks when this is first asked for, and never again."""
        return self.model.look(self.rgb, self.detail)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), pixels."""
        return self.small.size

    def read_in(self, detail: float) -> NewestFrame:
        """Return the frame read in at least so much detail."""
        return self if detail <= self.detail else dataclasses.replace(self, detail=detail)

    def shows(self, rgb: np.ndarray) -> bool:
        """Tell whether this (H, W, 3) uint8 picture is the frame's own."""
        return rgb is self.rgb or np.array_equal(rgb, self.rgb)


def is_small(mask: np.ndarray) -> bool:
    """Tell whether an (H, W) bool mask covers so little that more detail helps."""
    return bool(np.count_nonzero(mask) < _SMALL_AREA * mask.size)


@dataclass(frozen=True, eq=False)
class Moment:
    """A frame with the (H, W) uint16 label image that was published for it."""

    frame: GreyFrame
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class FrameHistory:
    """The last frames, bounded in time and number, oldest first."""

    seconds: float = HISTORY_S
    moments: tuple[Moment, ...] = ()

    def add(self, frame: GreyFrame, labels: np.ndarray) -> FrameHistory:
        """Return the history with one more frame; the same stamp again replaces it."""
        oldest_ns = frame.stamp_ns - round(self.seconds * NANOSECONDS)
        kept = [moment for moment in self.moments if moment.frame.stamp_ns >= oldest_ns]
        if kept and kept[-1].frame.stamp_ns == frame.stamp_ns:
            kept.pop()
        moments = (*kept, Moment(frame, labels))[-_MOST_MOMENTS:]
        return dataclasses.replace(self, moments=moments)

    def since(self, stamp_ns: int, most: int = 8) -> list[Moment]:
        """Return the frame nearest to a stamp and some of those after it, oldest first.

        Empty if the stamp is older than all frames held. At most `most` frames, evenly chosen.
        """
        if not self.moments or stamp_ns < self.moments[0].frame.stamp_ns:
            return []
        distances = [abs(moment.frame.stamp_ns - stamp_ns) for moment in self.moments]
        after = self.moments[int(np.argmin(distances)) :]
        return list(after[:: -(-len(after) // most)])
