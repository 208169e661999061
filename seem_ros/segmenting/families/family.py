"""Family: all in which models differ when they are asked."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.checkpoints import digest_of_image_weights
from seem_ros.model.config import InputConfig
from seem_ros.model.features import ImageFeatures, SpatialTokens
from seem_ros.model.out_of_memory import Portions, retried
from seem_ros.model.precision import keep_halved
from seem_ros.model.preprocess import prepare_on
from seem_ros.model.seem import Seem
from seem_ros.model.transfers import Downloads
from seem_ros.prompts import Prompt
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.match import Match, Named
from seem_ros.segmenting.memory import Remembered
from seem_ros.segmenting.naming import Vocabulary
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.taught import Taught

_EXAMPLES_KEPT = 4


class Family(ABC):
    """A model and its way of being asked; shared by all pictures it looked at.

    Args:
        model: on the device.
        device: where it runs.

    Attributes:
        vocabulary: the names of masks.
        least_name: probability below which a mask gets no name.
        taught: things that an operator showed, None for none.
        downloads: what comes from the device.
        portions: how many questions its memory holds at once.
    """

    least_name = 0.0

    def __init__(self, model: Seem, device: torch.device) -> None:
        self.model, self.device = model, device
        self.downloads = Downloads()
        self.portions = Portions()
        self.taught: Taught | None = None
        self.vocabulary = Vocabulary.of(model)
        self._examples: OrderedDict[str, Remembered] = OrderedDict()

    def look(self, rgb: np.ndarray, detail: float = 1.0) -> Picture:
        """Run the encoder, see ``Segmenter.look``."""
        config = self.input_config(detail)
        image, geometry = prepare_on(rgb, config, self.device)
        image = image.to(self._input_type, memory_format=torch.channels_last)
        features = retried(lambda: self.model.encode_image(image))
        return Picture(rgb, features, Grid.of(geometry), self, detail)

    @cached_property
    def _input_type(self) -> torch.dtype:
        """Of pictures: that of the weights which are never halved alone."""
        return next(self.model.language.parameters()).dtype

    def example(self, rgb: np.ndarray, mask: np.ndarray) -> Remembered:
        """Remember an object in an example picture; the last few are kept for the next frames."""
        key = hashlib.sha1(rgb.tobytes() + mask.tobytes()).hexdigest()
        if key not in self._examples:
            self._examples[key] = self.look(rgb).remember(mask)
            if len(self._examples) > _EXAMPLES_KEPT:
                self._examples.popitem(last=False)
        self._examples.move_to_end(key)
        return self._examples[key]

    @cached_property
    def digest(self) -> str:
        """Of the weights on which it depends what is remembered."""
        return digest_of_image_weights(self.model)

    def halve(self, half: torch.dtype) -> None:
        """Encode images and decode prompts in half precision from now on."""
        self.model.compute_type = half
        keep_halved(self.model, half)

    def forget_examples(self) -> None:
        """Keep no example any longer."""
        self._examples.clear()

    @abstractmethod
    def tokens(self, picture: Picture, mask: np.ndarray) -> SpatialTokens:
        """Tokens of the object under an (H, W) bool mask, for other pictures."""

    @abstractmethod
    def pointed(self, picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
        """See :meth:`Picture.pointed`."""

    @abstractmethod
    def named(self, picture: Picture, prompt: Prompt) -> Named:
        """Find everything that words name; nothing when it is not in view."""

    @abstractmethod
    def name_logits(self, embeddings: Tensor) -> Tensor:
        """Logits (N, K) of the vocabulary's names for matches' embeddings (N, C)."""

    @abstractmethod
    def everything(self, picture: Picture) -> tuple[np.ndarray, list[SegmentedObject]]:
        """See :meth:`Picture.everything`."""

    # What follows only some models can do; by default little is done.

    def readings(self, picture: Picture, evidence: Evidence) -> list[Match]:
        """Answer what is pointed at, and after the answer what else it can mean, best first.

        Asked only when somebody wants to know; near copies are sorted out elsewhere.
        """
        return self.pointed(picture, [evidence])

    def split(self, prompt: Prompt) -> tuple[Prompt, ...]:
        """One prompt for each thing that a prompt asks for, see ``Segmenter.split``."""
        texts = [part.strip() for part in prompt.text.split(";") if part.strip()]
        if len(texts) < 2 or prompt.has_spatial or prompt.instance_id:
            return (prompt,)
        return tuple(replace(prompt, text=text) for text in texts)

    def input_config(self, detail: float) -> InputConfig:
        """How a picture is read in so many times the usual detail."""
        return self.model.config.input

    def place_maps(self, features: ImageFeatures) -> list[Tensor]:
        """Maps (1, c, h, w) of stride 8 that tell places apart; none where they do not."""
        return []

    def shown(self, picture: Picture, evidence: Evidence) -> list[Match] | None:
        """Find what an example shows, best first; None where it is to be pointed at instead."""
        return None

    def without(self, picture: Picture, matches: list[Match], text: str) -> list[Match]:
        """What is left of things pointed at without what other words name."""
        return matches

    def refined(
        self, picture: Picture, evidence: Sequence[Evidence], answers: list[list[Match]]
    ) -> list[list[Match]]:
        """The same matches with exact masks."""
        return answers

    def recognised(self, picture: Picture, match: Match) -> tuple[str, float] | None:
        """Taught name of a match and its probability, None where it is none of these things."""
        return None

    def name_gains(self, picture: Picture, match: Match) -> Tensor | None:
        """Logits (K,) that other evidence adds to the names of a match, None for none."""
        return None
