"""What a frame's stamp means after the stamps before it."""

from __future__ import annotations

import enum

NANOSECONDS = 1_000_000_000
_UNSTAMPED_STEP = NANOSECONDS // 30  # frames without a stamp count as 30 a second


class Arrival(enum.Enum):
    """How a frame follows the newest one before it."""

    FIRST = "first"
    NEXT = "next"
    AFTER_GAP = "after a gap"
    SAME = "the same stamp again"
    LATE = "late"
    RESTART = "time started again"


class FrameClock:
    """Keeps the newest stamp and classifies each arrival; times in nanoseconds."""

    def __init__(self, reorder_s: float, gap_s: float) -> None:
        """Take the limits of late frames and of gaps, in seconds."""
        self._reorder_ns = round(reorder_s * NANOSECONDS)
        self._gap_ns = round(gap_s * NANOSECONDS)
        self.newest_ns: int | None = None

    def arrive(self, stamp_ns: int | None) -> tuple[Arrival, int]:
        """Return how a frame arrives and its stamp; None continues at 30 frames a second.

        Raises:
            ValueError: the stamp is not an integer or is negative.

        """
        newest = self.newest_ns
        if stamp_ns is None:
            stamp_ns = 0 if newest is None else newest + _UNSTAMPED_STEP
        if isinstance(stamp_ns, bool) or int(stamp_ns) != stamp_ns or stamp_ns < 0:
            raise ValueError(f"stamp must be whole nanoseconds from 0 on, got {stamp_ns!r}")
        stamp_ns = int(stamp_ns)
        arrival = self._classify(newest, stamp_ns)
        if arrival is not Arrival.LATE:
            self.newest_ns = stamp_ns
        return arrival, stamp_ns

    def _classify(self, newest: int | None, stamp_ns: int) -> Arrival:
        if newest is None:
            return Arrival.FIRST
        step = stamp_ns - newest
        if step == 0:
            return Arrival.SAME
        if step < 0:
            return Arrival.LATE if -step <= self._reorder_ns else Arrival.RESTART
        return Arrival.AFTER_GAP if step > self._gap_ns else Arrival.NEXT

    def reset(self) -> None:
        """Forget the newest stamp."""
        self.newest_ns = None
