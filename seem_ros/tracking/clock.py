"""What a frame's stamp means after the newest one before it."""

from __future__ import annotations

import enum

NANOSECONDS = 1_000_000_000
REORDER_NS = NANOSECONDS  # a frame this much older is late; older ones mean time started again
LATE_IN_A_ROW = 3  # frames in disorder come singly; after so many, time has started again
GAP_NS = 2 * NANOSECONDS  # after longer than this, nothing tells how things moved
_UNSTAMPED_STEP_NS = NANOSECONDS // 30  # frames without a stamp count as 30 a second


class Arrival(enum.Enum):
    """How a frame follows the newest one before it."""

    FIRST = "first"
    NEXT = "next"
    AFTER_GAP = "after a gap"
    SAME = "the same frame again"
    REPEATED = "another picture with the stamp of the newest"
    LATE = "late"
    RESTART = "time started again"


def arrive(newest_ns: int | None, stamp_ns: int | None, late_run: int = 0) -> tuple[Arrival, int]:
    """Return how a frame arrives, by its stamp alone, and its stamp.

    Args:
        newest_ns: stamp of the newest frame, None before the first one.
        stamp_ns: of the frame; None continues at 30 frames a second.
        late_run: late frames that came one after another just before it.

    Raises:
        ValueError: the stamp is not an integer or is negative.

    """
    if stamp_ns is None:
        stamp_ns = 0 if newest_ns is None else newest_ns + _UNSTAMPED_STEP_NS
    if isinstance(stamp_ns, bool) or int(stamp_ns) != stamp_ns or stamp_ns < 0:
        raise ValueError(f"stamp must be whole nanoseconds from 0 on, got {stamp_ns!r}")
    stamp_ns = int(stamp_ns)
    arrival = _classify(newest_ns, stamp_ns)
    if arrival is Arrival.LATE and late_run >= LATE_IN_A_ROW:
        arrival = Arrival.RESTART
    return arrival, stamp_ns


def _classify(newest_ns: int | None, stamp_ns: int) -> Arrival:
    if newest_ns is None:
        return Arrival.FIRST
    step_ns = stamp_ns - newest_ns
    if step_ns == 0:
        return Arrival.SAME
    if step_ns < 0:
        return Arrival.LATE if -step_ns <= REORDER_NS else Arrival.RESTART
    return Arrival.AFTER_GAP if step_ns > GAP_NS else Arrival.NEXT
