"""Picture: an image looked at once. Family: all in which models differ when they are asked."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.checkpoints import digest_of_image_weights
from seem_ros.model.config import InputConfig
from seem_ros.model.features import ImageFeatures, PromptBatch, QueryOutput, SpatialTokens
from seem_ros.model.preprocess import prepare_image
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.colouring import describe
from seem_ros.segmenting.everything import label_everything
from seem_ros.segmenting.evidence import Evidence, evidence_of
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.match import Match, Named, answer_of
from seem_ros.segmenting.memory import Remembered, cells_of, resemblance
from seem_ros.segmenting.naming import Vocabulary
from seem_ros.segmenting.question import Answer, Question
from seem_ros.segmenting.taught import Taught

_Seen = TypeVar("_Seen")
_EXAMPLES_KEPT = 4


@dataclass(frozen=True, eq=False)
class Picture:
    """An image after the encoder; it never changes, and may be asked as often as one likes.

    Attributes:
        rgb: (H, W, 3) uint8.
        features: of the image, batch 1.
        grid: how it lies in the model's input.
        family: of the model that looked.
        detail: times the model's input size at which it was read.
    """

    rgb: np.ndarray
    features: ImageFeatures
    grid: Grid
    family: Family
    detail: float = 1.0
    _seen: dict[Callable[[Tensor], Any], Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.grid.original

    @torch.inference_mode()
    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer several questions in one decoder call.

        Returns:
            One answer per question, masks (H, W).

        Raises:
            ValueError: a prompt that does not fit the picture.
        """
        family = self.family
        evidence = [evidence_of(q, self.grid, family.device, family.example) for q in questions]
        if not evidence:
            return []
        named = self._matches(evidence)
        answers = family.refined(self, evidence, [each.matches for each in named])
        names = iter(self._names(evidence, answers))
        return [
            answer_of(self.grid, found, [next(names) for _ in found], each.note)
            for found, each in zip(answers, named, strict=True)
        ]

    @torch.inference_mode()
    def remember(self, mask: np.ndarray, places: bool = True) -> Remembered:
        """Take what the model sees of an object, for questions about other pictures.

        Args:
            mask: (H, W) bool of the object.
            places: whether to keep what :meth:`resemblance` and ``Segmenter.confusable`` need.

        Raises:
            ValueError: the mask is empty or of another size.
        """
        if mask.shape != self.size or not mask.any():
            raise ValueError(
                f"mask must be {self.size} with at least one pixel set, "
                f"got {mask.shape} with {int(np.count_nonzero(mask))}"
            )
        tokens, maps = self.family.tokens(self, mask), self.family.place_maps(self.features)
        if not places or not maps:
            return Remembered(tokens)
        cells = cells_of(maps, self.grid.cover(mask), self.grid.shown)
        return Remembered(tokens, cells, describe(self.rgb, mask))

    @torch.inference_mode()
    def resemblance(
        self,
        memories: Sequence[Remembered],
        where: np.ndarray | None = None,
        rivals: Sequence[Remembered] = (),
    ) -> np.ndarray | None:
        """Return how much more each place is like what is remembered than like what was around it.

        Args:
            memories: what :meth:`remember` returned.
            where: (H, W) bool, the places that matter, None for all; few are cheaper.
            rivals: what :meth:`remember` returned for things that look the same, see
                ``Segmenter.confusable``.

        Returns:
            (h, w) float32 over the picture at stride 8, -1..1, and -1 elsewhere than asked. None
            where nothing is remembered, or the model does not tell.
        """
        cells = [memory.less(rivals) for memory in memories if memory.cells is not None]
        if not cells:
            return None
        maps = self.family.place_maps(self.features)
        return resemblance(maps, cells, self.grid.shown, where)

    @torch.inference_mode()
    def everything(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Segment everything without a prompt.

        Returns:
            (H, W) int32 labels, 0 where nothing is, and the object of label i at place i - 1.
        """
        model = self.family.model
        output = model.decode(self.features, PromptBatch(1, ("object",)))["object"]
        classes = self.family.class_logits(self, output)
        masks = self.grid.to_picture(output.mask_logits[0])
        return label_everything(classes, masks, self.family.vocabulary, model.config.thresholds)

    def pointed(self, evidence: Sequence[Evidence]) -> list[Match]:
        """Segment what is pointed at, shown or remembered: one match each, maybe empty."""
        return self.family.pointed(self, evidence) if evidence else []

    def seen_by(self, network: Callable[[Tensor], _Seen]) -> _Seen:
        """What a helper makes of the whole picture, (H, W, 3) uint8; asked once and kept."""
        if network not in self._seen:
            self._seen[network] = network(torch.tensor(self.rgb))
        return self._seen[network]

    def _matches(self, evidence: Sequence[Evidence]) -> list[Named]:
        """Per question the matches, best first; what is pointed at in one decoder call."""
        compared = [self.family.shown(self, each) for each in evidence]
        rows = list(zip(evidence, compared, strict=True))
        pointed = [each for each, found in rows if found is None and not each.is_textual]
        shown = iter(self.pointed(pointed))
        answers = []
        for each, found in rows:
            if each.is_textual:
                parts = self.family.split(each.prompt)
                answers.append(Named.of_several([self.family.named(self, p) for p in parts]))
                continue
            if found is None:
                found = [match for match in [next(shown)] if match.mask.cell_count]
            unwanted = each.prompt.negative_text.strip()
            found = self.family.without(self, found, unwanted) if unwanted else found
            answers.append(Named(found))
        return answers

    def _names(
        self, evidence: Sequence[Evidence], answers: Sequence[Sequence[Match]]
    ) -> list[tuple[str, float]]:
        """Name and probability of all matches in order.

        Helpers are asked about what somebody points at, not about what memory looks for in every
        frame.
        """
        rows = zip(evidence, answers, strict=True)
        pairs = [(each, match) for each, found in rows for match in found]
        if not pairs:
            return []
        logits = self.family.name_logits(torch.stack([match.embedding for _, match in pairs]))
        for row, (each, match) in zip(logits, pairs, strict=True):
            gain = self.family.name_gains(self, match) if each.is_pointed else None
            if gain is not None:
                row += gain.to(row)
        names = self.family.vocabulary.best(logits, self.family.least_name)
        return [
            self._own_name(each, match) or name
            for name, (each, match) in zip(names, pairs, strict=True)
        ]

    def _own_name(self, evidence: Evidence, match: Match) -> tuple[str, float] | None:
        """Operator's own name of a thing and its probability, None for things never taught."""
        if match.taught is not None:
            return match.taught
        if not (evidence.is_pointed or evidence.shown is not None):
            return None
        return self.family.recognised(self, match)


class Family(ABC):
    """A model and its way of being asked; shared by all pictures it looked at.

    Args:
        model: on the device.
        device: where it runs.

    Attributes:
        vocabulary: the names of masks.
        least_name: probability below which a mask gets no name.
        taught: things that an operator showed, None for none.
    """

    least_name = 0.0

    def __init__(self, model: Seem, device: torch.device) -> None:
        self.model, self.device = model, device
        self.taught: Taught | None = None
        self.vocabulary = Vocabulary.of(model)
        self._examples: OrderedDict[str, Remembered] = OrderedDict()

    def look(self, rgb: np.ndarray, detail: float = 1.0) -> Picture:
        """Run the encoder, see ``Segmenter.look``."""
        image, geometry = prepare_image(rgb, self.input_config(detail))
        dtype = next(self.model.parameters()).dtype
        image = image.to(self.device, dtype, memory_format=torch.channels_last)
        return Picture(rgb, self.model.encode_image(image), Grid.of(geometry), self, detail)

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
    def class_logits(self, picture: Picture, output: QueryOutput) -> Tensor:
        """Logits (Q, K + 1) of the names for all queries, the last one for "nothing"."""

    # What follows only some models can do; by default little is done.

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
