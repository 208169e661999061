"""Words to objects: finders in order, the surest first, and what a phrase says besides a name."""

from __future__ import annotations

from collections.abc import Sequence

from seem_ros.model.helpers import Helpers
from seem_ros.model.seem import Seem
from seem_ros.segmenting.words.detector import DetectorFinder
from seem_ros.segmenting.words.finder import Finder, Word
from seem_ros.segmenting.words.recogniser import RecogniserFinder
from seem_ros.segmenting.words.search import WordSearch
from seem_ros.segmenting.words.semantic_map import MapFinder

__all__ = ["Finder", "Word", "WordSearch", "finders"]


def finders(model: Seem, helpers: Helpers) -> Sequence[Finder]:
    """Return the finders that there are, in the order in which they are asked."""
    found: list[Finder] = []
    if helpers.detector is not None:
        found.append(DetectorFinder(helpers.detector))
    if helpers.recogniser is not None:
        found.append(RecogniserFinder(helpers.recogniser))
    return [*found, MapFinder(model)]
