"""Segmenter: one image, many prompts.

``set_image`` computes the image's features once; each ``predict`` costs a decoder call. The
verbs are SAM 2's predictor's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from seem_ros.instances import Segmentation, SegmentedObject
from seem_ros.model.loading import load_model
from seem_ros.model.seem import Seem
from seem_ros.prompt_planes import input_geometry, mask_plane
from seem_ros.prompts import Prompt
from seem_ros.segmenting import build_predictor
from seem_ros.segmenting.likeness import likeness
from seem_ros.segmenting.matching import Remembered, cells_of, resemblance
from seem_ros.segmenting.naming import Namer
from seem_ros.segmenting.previous import picture_cells, previous_logits
from seem_ros.segmenting.references import Examples, encode, reference_tokens
from seem_ros.segmenting.refining import refine
from seem_ros.segmenting.requests import EncodedImage, Request
from seem_ros.segmenting.results import segmentation_of
from seem_ros.segmenting.rivals import Rivals
from seem_ros.segmenting.sightings import Sightings, names_of


class Segmenter:
    """Segments prompts on one image after another.

    Args:
        model: a loaded SEEM.
        device: where it runs.
    """

    def __init__(self, model: Seem, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        self.model = model.to(self.device).eval()
        self._predict = build_predictor(self.model)
        self._namer = Namer(self.model)
        sees = self.model.detector is not None
        self._sightings = Sightings(self.model, self._namer) if sees else None
        self._image: EncodedImage | None = None
        self._examples = Examples(self.model, self.device)
        self._rivals = Rivals()

    @classmethod
    def from_pretrained(
        cls, name_or_path: str = "nano", device: str = "auto", input_size: int = 0
    ) -> Segmenter:
        """Load a model by name ("nano", "focal_t", ...), from a checkpoint file or an export.

        Args:
            name_or_path: a name that ``seem-ros models`` lists, or a path; a folder that
                ``seem-ros export`` wrote runs in ONNX Runtime or OpenVINO on the CPU.
            device: "auto" (CUDA where there is one), or any torch device.
            input_size: see :func:`seem_ros.model.loading.load_model`; smaller is faster.

        Raises:
            FileNotFoundError: the checkpoint is not on disk.
            ValueError: unknown name, or a file that is no checkpoint, is truncated or of
                another model.
        """
        model = load_model(name_or_path, input_size)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() and not model.needs_cpu else "cpu"
        if model.needs_cpu and torch.device(device).type != "cpu":
            raise ValueError(f"{name_or_path} is an export for the CPU, not for {device!r}")
        return cls(model, device)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Class names that masks are labelled with."""
        return self._namer.names

    def set_vocabulary(self, names: Sequence[str]) -> None:
        """Label masks with these names from now on.

        Raises:
            ValueError: no name, or an empty one.
        """
        self._namer.set_names(names)

    @torch.inference_mode()
    def set_image(self, rgb: np.ndarray, detail: float = 1.0) -> None:
        """Compute the features of an (H, W, 3) uint8 RGB image; later prompts are about it.

        Args:
            rgb: the image.
            detail: it is read at so many times the model's input size; official models, whose
                sizes are fixed, read it as always.

        Raises:
            ValueError: another shape or dtype, or an empty image; the last image stays set.
        """
        self._image = encode(self.model, self.device, rgb, detail)

    @property
    def encoded(self) -> EncodedImage:
        """The image set last, after the encoder.

        Raises:
            RuntimeError: no image was set.
        """
        return self._current()

    def has_image(self, rgb: np.ndarray, detail: float = 1.0) -> bool:
        """Tell whether the image set last has these (H, W, 3) uint8 pixels, read so."""
        image = self._image
        return image is not None and image.detail == detail and np.array_equal(image.rgb, rgb)

    def reset(self) -> None:
        """Forget the image and all examples."""
        self._image = None
        self._examples.clear()

    def predict(self, prompt: Prompt, previous: Segmentation | None = None) -> Segmentation:
        """Segment one prompt, see :meth:`predict_batch`."""
        return self.predict_batch([prompt], [previous])[0]

    @torch.inference_mode()
    def predict_batch(
        self,
        prompts: Sequence[Prompt],
        previous: Sequence[Segmentation | None] | None = None,
        references: Sequence[Sequence[Remembered]] | None = None,
        glances: Sequence[bool] | None = None,
    ) -> list[Segmentation]:
        """Segment several prompts on the current image in one decoder call.

        Args:
            prompts: in pixels of the image (or of their own ``image_size``).
            previous: per prompt the result of the last round, which becomes its memory prompt
                (SEEM section 3.2), or None. Prompts accumulate on the caller's side
                (:func:`seem_ros.prompts.merge`).
            references: per prompt what :meth:`remember` returned for the object earlier.
            glances: per prompt whether a look at the surroundings of the last round's mask and
                of the prompt is enough, for a round that has ``context``: much cheaper.

        Returns:
            One :class:`Segmentation` per prompt, masks (H, W) at the image's size.

        Raises:
            RuntimeError: no image was set.
            ValueError: a prompt that does not fit the image; nothing changes.
        """
        image = self._current()
        previous = previous if previous is not None else [None] * len(prompts)
        references = references if references is not None else [()] * len(prompts)
        glances = glances if glances is not None else [False] * len(prompts)
        requests = [
            self._request(image, *row) for row in zip(prompts, previous, references, strict=True)
        ]
        if not requests:
            return []
        for request, last, glance in zip(requests, previous, glances, strict=True):
            if glance and last is not None and self._read_alike(last):
                request.norms = last.context
        answers = self._predict(image, requests)
        if self.model.refiner is not None:
            refine(self.model.refiner, image, requests, answers)
        names = iter(names_of(self._namer, self._sightings, image, requests, answers))
        return [segmentation_of(image, found, [next(names) for _ in found]) for found in answers]

    @torch.inference_mode()
    def remember(self, mask: np.ndarray, places: bool = True) -> Remembered:
        """Take what the model sees of an object in the current image, for later images.

        Args:
            mask: (H, W) bool of the object.
            places: whether to keep what :meth:`resemblance` and :meth:`confusable` need.

        Raises:
            RuntimeError: no image was set.
            ValueError: the mask is empty or of another size.
        """
        image = self._current()
        if mask.shape != image.geometry.original or not mask.any():
            raise ValueError(
                f"mask must be {image.geometry.original} with at least one pixel set, "
                f"got {mask.shape} with {int(np.count_nonzero(mask))}"
            )
        cells = None
        if places and self.model.config.decoder.dense_prompts is not None:
            plane = mask_plane(mask, input_geometry(image.geometry))
            cells = cells_of(image.features, plane, picture_cells(image))
        return Remembered(reference_tokens(self.model, self.device, image, mask), cells)

    @torch.inference_mode()
    def likeness(self, result: Segmentation, references: Sequence[Remembered]) -> float:
        """Return how alike a result is to the most alike thing remembered, 0..1.

        Args:
            result: of a prediction.
            references: what :meth:`remember` returned.

        Returns:
            1 where there is nothing to compare: no references, or a model without dense prompts.
        """
        if result.looks is None or not references:
            return 1.0
        return likeness(result.looks, [reference.tokens for reference in references])

    @torch.inference_mode()
    def resemblance(
        self,
        references: Sequence[Remembered],
        where: np.ndarray | None = None,
        rivals: Sequence[Remembered] = (),
    ) -> np.ndarray | None:
        """Return how much more each place is like what is remembered than like what was around it.

        Args:
            references: what :meth:`remember` returned.
            where: (H, W) bool, the places that matter, None for all; few are cheaper.
            rivals: what :meth:`remember` returned for things that look the same, see
                :meth:`confusable`.

        Returns:
            (h, w) float32 over the picture at stride 8, -1..1, and -1 elsewhere than asked. None
            where nothing is remembered, or the model does not tell.

        Raises:
            RuntimeError: no image was set.
        """
        image = self._current()
        known = [reference for reference in references if reference.cells is not None]
        if not known:
            return None
        cells = [self._rivals.less(reference, rivals) for reference in known]
        return resemblance(image.features, cells, picture_cells(image), where)

    @torch.inference_mode()
    def confusable(self, references: Sequence[Remembered], others: Sequence[Remembered]) -> bool:
        """Tell whether a thing can be taken for another one: both as :meth:`remember` gave them.

        False where the model does not tell.
        """
        return self._rivals.confusable(references, others)

    def panoptic(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Segment everything without a prompt.

        Returns:
            (H, W) int32 labels, 0 where nothing is, and the object of label i at place i - 1.
        """
        from seem_ros.segmenting.everything import segment_everything

        with torch.inference_mode():
            return segment_everything(self.model, self._current(), self._namer)

    def _current(self) -> EncodedImage:
        if self._image is None:
            raise RuntimeError("no image is set: call set_image before predicting")
        return self._image

    def _read_alike(self, last: Segmentation) -> bool:
        """Tell whether a round's image was read at the size of the current one."""
        return last.logits is None or last.logits.shape == picture_cells(self._current())

    def _request(
        self,
        image: EncodedImage,
        prompt: Prompt,
        previous: Segmentation | None,
        references: Sequence[Remembered],
    ) -> Request:
        remembered = previous is not None or bool(references)
        if not (remembered and prompt.is_empty):  # memory alone is a prompt too
            prompt = prompt.validated(*image.geometry.original, has_instance=remembered)
        shown = [] if prompt.example is None else [self._examples.tokens(*prompt.example)]
        logits = None if previous is None else previous_logits(image, previous).to(self.device)
        return Request(prompt, logits, [*shown, *(known.tokens for known in references)])
