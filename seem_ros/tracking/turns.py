"""Which instances the model looks at in a frame when there is not time for all of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from seem_ros.tracking.asking import SEARCH_EACH_FRAME
from seem_ros.tracking.track import Track

Clock = Callable[[], float]

_FIRST_BATCH = 4  # instances that are always looked at; their time tells how many more fit


@dataclass(frozen=True)
class TimeLimit:
    """Until when a step may look at further instances.

    Attributes:
        ends_s: by the clock; infinity where there is no limit.
        clock: steady, seconds.

    """

    ends_s: float = math.inf
    clock: Clock = time.monotonic

    @property
    def is_none(self) -> bool:
        """Whether there is no limit."""
        return math.isinf(self.ends_s)

    @classmethod
    def of(cls, seconds: float, clock: Clock) -> TimeLimit:
        """Return a limit so many seconds from now, none where they are 0."""
        return cls(clock() + seconds, clock) if seconds else cls(clock=clock)

    def batches(self, tracks: Sequence[Track]) -> Iterator[Sequence[Track]]:
        """Yield instances to look at, together, until the time is over; all at once without limit.

        The first ones are looked at however late it is, or nothing would ever be.
        """
        if self.is_none:
            yield tracks
            return
        done, size = 0, _FIRST_BATCH
        while done < len(tracks) and size > 0:
            started = self.clock()
            yield tracks[done : done + size]
            done += size
            now = self.clock()
            left, each = self.ends_s - now, (now - started) / size
            size = _FIRST_BATCH if each <= 0 < left else math.floor(left / max(each, 1e-9))


def in_turn(tracks: Sequence[Track], moved: Collection[int], target_id: int) -> list[Track]:
    """Return instances in the order in which they are looked at while time lasts.

    The selected one comes first, then those that were just prompted, then who waits longest. Of
    the lost ones a few are searched, as ever.

    Args:
        tracks: all instances.
        moved: ids of those in view.
        target_id: the selected one, 0 for none.

    """
    queue = sorted(
        tracks,
        key=lambda track: (track.id != target_id, not track.is_newly_prompted, -track.waited),
    )
    lost = [track.id for track in queue if track.id not in moved]
    return [track for track in queue if track.id not in lost[SEARCH_EACH_FRAME:]]
