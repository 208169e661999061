"""How fine the pictures are that one page gets: as fine as its link carries them in time."""

from __future__ import annotations

from dataclasses import dataclass

# A page shows a picture's age. The node's own time and one picture in flight add up to it, so a
# picture must land well within a second; the band between the two keeps the fineness steady.
SLOW_S = 0.35
VERY_SLOW_S = 0.7
QUICK_S = 0.2
PATIENCE = 3  # quick pictures in a row before a finer one is tried
MOST_PATIENCE = 60


@dataclass(frozen=True)
class Level:
    """How fine a picture is.

    Attributes:
        side: its longer side at most, pixels.
        quality: of the JPEG, 1..100.

    """

    side: int
    quality: int


LEVELS = (Level(1600, 82), Level(960, 75), Level(640, 65), Level(400, 55), Level(256, 40))


class Pace:
    """Chooses among LEVELS by how long pictures took from sending to being on the screen."""

    def __init__(self) -> None:
        """Begin in the middle: the first picture comes quickly even on a slow link."""
        self.level = 2
        self._quick = 0
        self._needed = PATIENCE

    def landed(self, transit_s: float) -> None:
        """Take the time that the last picture took."""
        if transit_s > SLOW_S:
            self._coarser(2 if transit_s > VERY_SLOW_S else 1)
        elif transit_s < QUICK_S:
            self._quick += 1
            if self._quick >= self._needed and self.level > 0:
                self.level -= 1
                self._quick = 0
        else:
            self._quick = 0

    def _coarser(self, steps: int) -> None:
        """Step back, and try longer before the next attempt at finer pictures."""
        if self.level < len(LEVELS) - 1:
            self.level = min(len(LEVELS) - 1, self.level + steps)
            self._needed = min(MOST_PATIENCE, self._needed * 3)
        self._quick = 0
