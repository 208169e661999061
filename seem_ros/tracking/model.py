"""What the tracker needs of a model, and the frame it works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seem_ros.instances import Segmentation
from seem_ros.prompts import Prompt
from seem_ros.tracking.history import Frame


class PromptableModel(Protocol):
    """What the tracker needs of a Segmenter."""

    def set_image(self, rgb: np.ndarray) -> None:
        """Compute the features of an (H, W, 3) uint8 image."""

    def has_image(self, rgb: np.ndarray) -> bool:
        """Tell whether these are the pixels of the image it has the features of."""

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

    def remember(self, mask: np.ndarray) -> Any:
        """Return tokens of the object under an (H, W) bool mask of the image, for later images."""

    def likeness(self, result: Segmentation, references: Sequence[Any]) -> float:
        """Return how alike a result is to the most alike of what `remember` returned, 0..1.

        1 where the model cannot tell.
        """

    def resemblance(
        self, references: Sequence[Any], where: np.ndarray | None = None
    ) -> np.ndarray | None:
        """Return how much more each place is like what is remembered than like what was around it.

        (h, w) float32 over the whole picture on any grid, -1..1, and -1 outside (H, W) bool
        `where`. None where the model cannot tell.
        """


@dataclass(eq=False)
class Scene:
    """The newest frame and the model that has its features.

    Attributes:
        rgb: (H, W, 3) uint8.
        frame: its stamp and small copy.
        model: has `rgb` set as its image when `ready` was called.
        ready: makes sure of that; costs nothing the second time.

    """

    rgb: np.ndarray
    frame: Frame
    model: PromptableModel
    ready: Callable[[], None]
