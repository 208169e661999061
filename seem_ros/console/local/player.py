"""Plays footage: which picture is next, and when it is due."""

from __future__ import annotations

import time
from collections.abc import Iterator

from seem_ros.console.local.footage import Footage, Frame

_FRAME_NS = 33_333_333
_LONGEST_S = 2.0  # between two pictures: a gap in the stamps is not waited for


class Player:
    """Takes every picture of a file in its time, and the newest of a camera.

    A file begins paused, stops at its last picture, and starts from the beginning after that. Its
    stamps go on, so that the tracker never sees time run backwards.

    Attributes:
        is_live: it is a camera.
        playing: whether the next picture is taken when it is due.

    """

    def __init__(self, footage: Footage) -> None:
        """Play footage from the beginning."""
        self._footage = footage
        self._frames: Iterator[Frame] | None = None
        self._waiting: Frame | None = None
        self._offset_ns = 0
        self._newest_ns = 0
        self._shown_s = 0.0
        self.is_live = self.playing = footage.is_live

    @property
    def has_more(self) -> bool:
        """Whether a picture follows; reads it. False for a photo that has been shown.

        Raises:
            ValueError, OSError: the file cannot be read.

        """
        if self._waiting is None and self._frames is not None:
            self._waiting = next(self._frames, None)
        return self._waiting is not None

    def wait_s(self) -> float:
        """Return seconds until the next picture is due, 0 if it is."""
        if self.is_live or not self.has_more:
            return 0.0
        assert self._waiting is not None
        gap_s = (self._waiting[1] + self._offset_ns - self._newest_ns) / 1e9
        return max(0.0, self._shown_s + min(gap_s, _LONGEST_S) - time.monotonic())

    def first(self) -> Frame:
        """Return the first picture; the next one is due its time after.

        Raises:
            ValueError, OSError: the file cannot be read.

        """
        self.close()
        self._frames = iter(self._footage.frames())
        self._offset_ns = self._newest_ns + _FRAME_NS if self._newest_ns else 1
        return self.next()

    def next(self) -> Frame:
        """Return the next picture, from the beginning again after the last one.

        Raises:
            ValueError, OSError: the file cannot be read.

        """
        if self.is_live:
            self._offset_ns = 0
        elif not self.has_more:
            return self.first()
        assert self._frames is not None
        rgb, stamp_ns = self._waiting or next(self._frames)
        self._waiting = None
        self._newest_ns, self._shown_s = stamp_ns + self._offset_ns, time.monotonic()
        return rgb, self._newest_ns

    def close(self) -> None:
        """Let go of the file or the camera."""
        if self._frames is not None and hasattr(self._frames, "close"):
            self._frames.close()
        self._frames = self._waiting = None
