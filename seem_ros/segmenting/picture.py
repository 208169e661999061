"""Picture: an image looked at once, and everything that can be asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from seem_ros.instances import SegmentedObject
from seem_ros.model.seem import Seem
from seem_ros.prompt_planes import input_geometry, mask_plane
from seem_ros.segmenting.memory import Remembered, cells_of, resemblance
from seem_ros.segmenting.naming import Namer
from seem_ros.segmenting.previous import picture_cells, previous_logits
from seem_ros.segmenting.question import Answer, Question
from seem_ros.segmenting.references import Examples, reference_tokens
from seem_ros.segmenting.refining import refine
from seem_ros.segmenting.requests import EncodedImage, Predictor, Request
from seem_ros.segmenting.results import segmentation_of
from seem_ros.segmenting.rivals import Rivals
from seem_ros.segmenting.sightings import Sightings, names_of


@dataclass(frozen=True, eq=False)
class Means:
    """What all pictures of a segmenter are asked with."""

    model: Seem
    device: torch.device
    predict: Predictor
    namer: Namer
    sightings: Sightings | None
    examples: Examples
    rivals: Rivals


class Picture:
    """An image after the encoder; it never changes, and may be asked as often as one likes.

    Args:
        image: after the encoder.
        means: shared by all pictures of a segmenter.
    """

    def __init__(self, image: EncodedImage, means: Means) -> None:
        self.encoded, self._means = image, means

    @property
    def rgb(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        return self.encoded.rgb

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.encoded.geometry.original

    @property
    def detail(self) -> float:
        """Times the model's input size at which it was read."""
        return self.encoded.detail

    @torch.inference_mode()
    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer several questions in one decoder call.

        Returns:
            One answer per question, masks (H, W).

        Raises:
            ValueError: a prompt that does not fit the picture.
        """
        means, image = self._means, self.encoded
        requests = [self._request(question) for question in questions]
        if not requests:
            return []
        answers = means.predict(image, requests)
        if means.model.refiner is not None:
            refine(means.model.refiner, image, requests, answers)
        names = iter(names_of(means.namer, means.sightings, image, requests, answers))
        return [segmentation_of(image, found, [next(names) for _ in found]) for found in answers]

    @torch.inference_mode()
    def remember(self, mask: np.ndarray, places: bool = True) -> Remembered:
        """Take what the model sees of an object, for questions about other pictures.

        Args:
            mask: (H, W) bool of the object.
            places: whether to keep what :meth:`resemblance` and :meth:`Segmenter.confusable`
                need.

        Raises:
            ValueError: the mask is empty or of another size.
        """
        if mask.shape != self.size or not mask.any():
            raise ValueError(
                f"mask must be {self.size} with at least one pixel set, "
                f"got {mask.shape} with {int(np.count_nonzero(mask))}"
            )
        means, image, cells = self._means, self.encoded, None
        if places and means.model.config.decoder.dense_prompts is not None:
            plane = mask_plane(mask, input_geometry(image.geometry))
            cells = cells_of(image.features, plane, picture_cells(image))
        return Remembered(reference_tokens(means.model, means.device, image, mask), cells)

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
                :meth:`Segmenter.confusable`.

        Returns:
            (h, w) float32 over the picture at stride 8, -1..1, and -1 elsewhere than asked. None
            where nothing is remembered, or the model does not tell.
        """
        known = [memory for memory in memories if memory.cells is not None]
        if not known:
            return None
        cells = [self._means.rivals.less(memory, rivals) for memory in known]
        return resemblance(self.encoded.features, cells, picture_cells(self.encoded), where)

    @torch.inference_mode()
    def everything(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Segment everything without a prompt.

        Returns:
            (H, W) int32 labels, 0 where nothing is, and the object of label i at place i - 1.
        """
        from seem_ros.segmenting.everything import segment_everything

        return segment_everything(self._means.model, self.encoded, self._means.namer)

    def _request(self, question: Question) -> Request:
        """Check a question and prepare it for the decoder."""
        means, image, before = self._means, self.encoded, question.before
        prompt = question.prompt
        remembered = before is not None or bool(question.memories)
        if not (remembered and prompt.is_empty):  # memory alone is a prompt too
            prompt = prompt.validated(*self.size, has_instance=remembered)
        shown = [] if prompt.example is None else [means.examples.tokens(*prompt.example)]
        references = [*shown, *(memory.tokens for memory in question.memories)]
        if before is None:
            return Request(prompt, None, references)
        alike = before.logits is None or before.logits.shape == picture_cells(image)
        return Request(
            prompt,
            previous_logits(image, before).to(means.device),
            references,
            before.context if question.glance and alike else None,
        )
