"""Finder: one way to find what a word names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture


@dataclass(frozen=True, eq=False)
class Word:
    """A name ready to be looked for.

    Attributes:
        name: as typed, without attributes.
        meaning: (W,) its sentence embedding, on the CPU.
        row: (E,) its unit row for a semantic map.
        rivals: (K, E) unit rows of the names of the vocabulary that mean something else.
    """

    name: str
    meaning: Tensor
    row: Tensor
    rivals: Tensor


class Finder(Protocol):
    """Finds the objects that a word names.

    Attributes:
        settles: whether what it finds is so sure that no other finder need be heard.
    """

    settles: bool

    def knows(self, word: Word) -> bool:
        """Whether it can tell at all."""
        ...

    def find(self, picture: Picture, word: Word) -> list[Match]:
        """Return all objects of a word that it knows, surest first; none when none is in view."""
        ...
