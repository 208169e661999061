"""What is remembered of an instance: its prompted frames and its best recent ones.

A bank is a value: remembering returns a new bank, so undoing a prompt is taking the old one back.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from seem_ros.segmenting.colouring import similarity


@dataclass(frozen=True, eq=False)
class Memory:
    """An instance in one past frame.

    Attributes:
        stamp_ns: of the frame.
        prompted: whether an operator said what it is in this frame.
        score: confidence in the mask, 0..1.
        looks: its description, see appearance.
        tokens: the model's visual-reference tokens of it (Segmenter.remember).

    """

    stamp_ns: int
    prompted: bool
    score: float
    looks: np.ndarray
    tokens: Any


@dataclass(frozen=True)
class MemoryBank:
    """Bounded memories of one instance, oldest first.

    Attributes:
        most_prompted: prompted frames kept: the first one and the latest.
        most_recent: other frames kept: the latest confident ones.
        memories: what is held.

    """

    most_prompted: int = 4
    most_recent: int = 4
    memories: tuple[Memory, ...] = ()

    def remember(self, memory: Memory) -> MemoryBank:
        """Return the bank with one more memory, the least useful ones forgotten."""
        kept = [*self.memories, memory]
        prompted = [item for item in kept if item.prompted]
        if len(prompted) > self.most_prompted:
            prompted = [prompted[0], *prompted[len(prompted) - self.most_prompted + 1 :]]
        recent = [item for item in kept if not item.prompted][-self.most_recent :]
        ordered = sorted([*prompted, *recent], key=lambda item: item.stamp_ns)
        return dataclasses.replace(self, memories=tuple(ordered))

    def forget(self) -> MemoryBank:
        """Return the empty bank."""
        return dataclasses.replace(self, memories=())

    def likeness(self, looks: np.ndarray) -> float:
        """Return the similarity to the most alike memory, 1 if nothing is remembered."""
        return max((similarity(item.looks, looks) for item in self.memories), default=1.0)

    def prompted_likeness(self, looks: np.ndarray) -> float:
        """Return the same for the frames in which an operator said what it is."""
        shown = [item for item in self.memories if item.prompted]
        return max((similarity(item.looks, looks) for item in shown), default=1.0)

    @property
    def tokens(self) -> list[Any]:
        """The model's tokens of all memories, oldest first: its references in a new frame."""
        return [item.tokens for item in self.memories]

    @property
    def prompted_tokens(self) -> list[Any]:
        """The same of the frames in which an operator said what it is.

        Other frames are compared with these place by place.
        """
        return [item.tokens for item in self.memories if item.prompted]

    @property
    def newest_ns(self) -> int:
        """Stamp of the latest memory, -1 if there is none."""
        return max((item.stamp_ns for item in self.memories), default=-1)

    def reaches_before(self, stamp_ns: int) -> bool:
        """Tell whether something of a frame before this stamp, in nanoseconds, is remembered."""
        return any(item.stamp_ns < stamp_ns for item in self.memories)
