"""What the tracker needs of a model: a Segmenter, or anything that looks at pictures like one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.question import Question


class Picture(Protocol):
    """An image that a model looked at once; it never changes."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image, pixels."""

    def answer(self, questions: Sequence[Question]) -> list[Segmentation]:
        """Segment several prompts in one call."""

    def remember(self, mask: np.ndarray, places: bool = True) -> Any:
        """Return tokens of the object under an (H, W) bool mask, for later pictures.

        With `places`, they can be compared with places and with each other.
        """

    def resemblance(
        self,
        memories: Sequence[Any],
        where: np.ndarray | None = None,
        rivals: Sequence[Any] = (),
    ) -> np.ndarray | None:
        """Return how much more each place is like what is remembered than like what was around it.

        (h, w) float32 over the whole picture on any grid, -1..1, and -1 outside (H, W) bool
        `where`. None where the model cannot tell. `rivals` are what `remember` returned for
        things that look the same: they do not count as what was around it.
        """

    def resemblances(
        self, objects: Sequence[tuple[Sequence[Any], np.ndarray | None, Sequence[Any]]]
    ) -> list[np.ndarray | None]:
        """Return `resemblance` of several objects: its arguments for each."""


class PromptableModel(Protocol):
    """Looks at images, and compares what was remembered of them."""

    def look(self, rgb: np.ndarray, detail: float = 1.0) -> Picture:
        """Compute the features of an (H, W, 3) uint8 image.

        `detail` times as many pixels a side are read as the model usually does.
        """

    def split(self, prompt: Prompt) -> tuple[Prompt, ...]:
        """Make one prompt for each thing that a prompt's text asks for.

        Raises ValueError, with what can be said instead, where the text cannot be answered.
        """

    def likeness(self, result: Segmentation, memories: Sequence[Any]) -> float:
        """Return how alike a result is to the most alike of what `remember` returned, 0..1.

        1 where the model cannot tell.
        """

    def confusable(self, memories: Sequence[Any], others: Sequence[Any]) -> bool:
        """Tell whether a remembered thing looks like another one that is remembered."""
