"""The last clicks on instances, kept so that another reading of one can be taken instead."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seem_ros.segmentation import Segmentation
from seem_ros.tracking.frames import NewestFrame
from seem_ros.tracking.track import LEAST_AREA, Evidence, Track

_MOST = 4  # clicks; each holds its frame's pixels


@dataclass(frozen=True, eq=False)
class Choice:
    """A prompt on an instance, and what else it can mean.

    Attributes:
        before: the instance as it was.
        evidence: the prompt, with the rounds before it.
        answer: the model's, with its alternatives.
        frame: on which it was given.
        others: id -> (H, W) bool mask before it, or before the reading that was taken last, of
            the other instances in view.

    """

    before: Track
    evidence: Evidence
    answer: Segmentation
    frame: NewestFrame
    others: Mapping[int, np.ndarray] = field(default_factory=dict)

    @property
    def readings(self) -> list[Segmentation]:
        """All readings, best first, the first is the answer; asks the model the first time."""
        answer, *others = self.answer.alternatives
        return [answer, *(r for r in others if np.count_nonzero(r.mask) >= LEAST_AREA)]


@dataclass(frozen=True, eq=False)
class Choices:
    """The last few, oldest first."""

    kept: tuple[Choice, ...] = ()

    def noted(self, choice: Choice) -> Choices:
        """Return them with one more.

        What a model sees of a frame is large, so it is not kept: the frame is looked at again if
        it is asked about after newer ones.
        """
        bare = dataclasses.replace(choice, frame=dataclasses.replace(choice.frame))
        return Choices((*self.kept, bare)[-_MOST:])

    def with_others(self, choice: Choice, others: Mapping[int, np.ndarray]) -> Choices:
        """Return them with the other instances' masks before another reading was taken."""
        noted = dataclasses.replace(choice, others=others)
        return Choices(tuple(noted if kept is choice else kept for kept in self.kept))

    def of(self, track: Track) -> Choice | None:
        """Return the one that gave an instance its last evidence, None if it is forgotten."""
        return next((c for c in self.kept if c.evidence is track.evidence), None)
