"""Find things that an operator taught; tell which of them something is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from seem_ros.segmenting.exemplars import find_shown, seen_under
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.taught import Taught

# Probability from which what is pointed at has a taught name: each thing of a library has a chance
# to be mistaken for it. With libraries of 30 (DAVIS' training part) 83 % of later frames' objects
# were named, and 7 % of those that were not taught; from 0.5 on 94 % and 69 %.
_LEAST_NAME = 0.88
_ROUNDING = 1e-6


class TaughtFinder:
    """Looks for the things of a library.

    What it does not find is not in view: an operator who showed a thing means this one.

    Args:
        taught: gives the things, None for none; they may change at any time.
    """

    def __init__(self, taught: Callable[[], Taught | None]) -> None:
        self._taught = taught

    @property
    def names(self) -> tuple[str, ...]:
        """Of all things."""
        taught = self._taught()
        return () if taught is None else taught.names

    def knows(self, name: str) -> bool:
        """Whether a thing of this name was taught."""
        taught = self._taught()
        return taught is not None and name in taught

    def find(self, picture: Picture, name: str) -> list[Match]:
        """Return all things in view that look like the taught one, surest first.

        What looks more like another taught thing is that one.
        """
        taught = self._taught()
        if taught is None:
            return []
        found = []
        for match in find_shown(picture, taught.views(name)):
            sure, _ = self._most_alike(taught, picture, match)
            if sure <= match.score + _ROUNDING:
                found.append(replace(match, taught=(name, match.score)))
        return found

    def recognise(self, picture: Picture, match: Match) -> tuple[str, float] | None:
        """Return the name of the taught thing that a match is, and how sure that is."""
        taught = self._taught()
        if taught is None or not match.mask.pixels.any():
            return None
        sure, name = self._most_alike(taught, picture, match)
        return (name, sure) if sure >= _LEAST_NAME else None

    @staticmethod
    def _most_alike(taught: Taught, picture: Picture, match: Match) -> tuple[float, str]:
        """Probability and name of the most alike thing; 0 where nothing was taught."""
        seen = seen_under(picture, match)
        names = taught.names
        sure = seen.probabilities([taught.views(name) for name in names])
        return max(zip(sure, names, strict=True), default=(0.0, ""))
