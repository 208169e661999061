"""What the tracker needs of a model, and the frame it works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seem_ros.instances import Segmentation
from seem_ros.prompts import Prompt
from seem_ros.tracking.history import Frame


class PromptableModel(Protocol):
    """What the tracker needs of a Segmenter."""

    def set_image(self, rgb: np.ndarray, detail: float = 1.0) -> None:
        """Compute the features of an (H, W, 3) uint8 image.

        `detail` times as many pixels a side are read as the model usually does.
        """

    def has_image(self, rgb: np.ndarray, detail: float = 1.0) -> bool:
        """Tell whether these are the pixels of the image it has the features of, read so."""

    def predict(self, prompt: Prompt, previous: Segmentation | None = None) -> Segmentation:
        """Segment one prompt."""

    def predict_batch(
        self,
        prompts: Sequence[Prompt],
        previous: Sequence[Segmentation | None] | None = None,
        references: Sequence[Sequence[Any]] | None = None,
        glances: Sequence[bool] | None = None,
    ) -> list[Segmentation]:
        """Segment several prompts in one call.

        `references` are what `remember` returned; `glances` say for which prompts a look around
        the last round's mask is enough, if that round's `context` allows it.
        """

    def remember(self, mask: np.ndarray, places: bool = True) -> Any:
        """Return tokens of the object under an (H, W) bool mask of the image, for later images.

        With `places`, they can be compared with places and with each other.
        """

    def likeness(self, result: Segmentation, references: Sequence[Any]) -> float:
        """Return how alike a result is to the most alike of what `remember` returned, 0..1.

        1 where the model cannot tell.
        """

    def resemblance(
        self,
        references: Sequence[Any],
        where: np.ndarray | None = None,
        rivals: Sequence[Any] = (),
    ) -> np.ndarray | None:
        """Return how much more each place is like what is remembered than like what was around it.

        (h, w) float32 over the whole picture on any grid, -1..1, and -1 outside (H, W) bool
        `where`. None where the model cannot tell. `rivals` are what `remember` returned for
        things that look the same: they do not count as what was around it.
        """

    def confusable(self, references: Sequence[Any], others: Sequence[Any]) -> bool:
        """Tell whether a remembered thing looks like another one that is remembered."""


@dataclass(eq=False)
class Scene:
    """The newest frame and the model that gets its features.

    Attributes:
        rgb: (H, W, 3) uint8.
        frame: its stamp and small copy.
        model: has `rgb` set as its image when `ready` was called.
        detail: in which the model reads it.
        is_ready: whether the model has it.

    """

    rgb: np.ndarray
    frame: Frame
    model: PromptableModel
    detail: float = 1.0
    is_ready: bool = False

    def ready(self) -> None:
        """Make sure that the model has the image; costs nothing the second time."""
        if not self.is_ready:
            self.model.set_image(self.rgb, self.detail)
            self.is_ready = True

    def read(self, detail: float) -> bool:
        """Have the image read in at least so much detail; return whether it is read anew."""
        if self.is_ready and detail <= self.detail:
            return False
        self.detail, self.is_ready = max(detail, self.detail), False
        self.ready()
        return True
