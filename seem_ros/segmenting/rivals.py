"""Things that look the same: what one looks like says nothing against the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from seem_ros.segmenting.memory import Cells, Remembered, apart_from, confusable


class Rivals:
    """Comparisons of memories with each other, each made once: memories never change."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Remembered, WeakKeyDictionary] = WeakKeyDictionary()

    def confusable(self, references: Sequence[Remembered], others: Sequence[Remembered]) -> bool:
        """Tell whether a thing can be taken for another one; False for memories without cells."""
        return any(
            self._compared(one, other)[0]
            for one in references
            for other in others
            if one.cells is not None and other.cells is not None
        )

    def less(self, reference: Remembered, rivals: Sequence[Remembered]) -> Cells:
        """Return the cells of a memory that has some, without those of the rest that rivals have.

        Args:
            reference: of a thing, with cells.
            rivals: of things that look the same.
        """
        assert reference.cells is not None
        others = reference.cells.others
        kept = torch.ones(len(others), dtype=torch.bool, device=others.device)
        for rival in rivals:
            if rival.cells is not None:
                kept &= self._compared(reference, rival)[1]
        return replace(reference.cells, others=others[kept])

    def _compared(self, one: Remembered, other: Remembered) -> tuple[bool, Tensor]:
        """Return whether the other looks like the one, and which of the one's cells it is not."""
        assert one.cells is not None and other.cells is not None
        known = self._known.setdefault(one, WeakKeyDictionary())
        if other not in known:
            known[other] = (
                confusable(one.cells, other.cells),
                apart_from(one.cells, other.cells),
            )
        return known[other]
