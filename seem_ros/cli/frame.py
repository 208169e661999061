"""A frame to track in, and what gives such frames one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame to track in.

    Attributes:
        rgb: (H, W, 3) uint8 RGB.
        stamp_ns: when it was taken, nanoseconds; grows from frame to frame.
        message: the recorded image message it comes from, see bags.py; None for other sources.

    """

    rgb: np.ndarray
    stamp_ns: int
    message: Any = None


class FrameSource(Protocol):
    """Frames one after another.

    Attributes:
        count: how many there will be, None where it is not known; of a video as its header says.
        rate: frames a second.
        topic: of the images in a recording, None for other sources.

    """

    count: int | None
    rate: float
    topic: str | None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order of time."""
