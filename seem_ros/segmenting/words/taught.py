"""Find things that an operator taught; tell which of them something is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from seem_ros.segmenting.exemplars import find_shown, seen_under
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.taught import Taught

_EVEN = 0.5  # probability from which something has a taught name


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
        """Return all things in view that look like the taught one, surest first."""
        taught = self._taught()
        views = [] if taught is None else taught.views(name)
        return [replace(match, taught=(name, match.score)) for match in find_shown(picture, views)]

    def recognise(self, picture: Picture, match: Match) -> tuple[str, float] | None:
        """Return the name of the taught thing that a match is, and how alike it is to it."""
        taught = self._taught()
        if taught is None or not taught.names or not match.mask.pixels.any():
            return None
        seen = seen_under(picture, match)
        alike = [(seen.probability(taught.views(name)), name) for name in taught.names]
        sure, best = max(alike)
        return (best, sure) if sure >= _EVEN else None
