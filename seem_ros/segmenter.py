"""Segmenter: looks at images; each is then a Picture that answers many prompts.

``look`` computes an image's features once; each question to the picture costs a decoder call.
``set_image`` and ``predict`` say the same with the verbs of SAM 2's predictor, about the image
that was set last.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from seem_ros.exchange.inputs import as_prompt, as_rgb
from seem_ros.library import Library
from seem_ros.model.accelerated import is_export
from seem_ros.model.compiling import compile_encoder
from seem_ros.model.devices import as_device
from seem_ros.model.helpers import NO_HELPERS, Helpers
from seem_ros.model.loading import load_model
from seem_ros.model.out_of_memory import retried
from seem_ros.model.precision import half_type, use_tf32
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation, SegmentedObject
from seem_ros.segmenting.families import family_of
from seem_ros.segmenting.likeness import likeness
from seem_ros.segmenting.memory import Remembered
from seem_ros.segmenting.naming import Vocabulary
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question

if TYPE_CHECKING:
    from PIL.Image import Image


class Segmenter:
    """Segments prompts on one image after another.

    Args:
        model: a loaded SEEM.
        device: where it runs.
        helpers: what was loaded beside it.
        library: things that an operator taught; their names come before all others.
        precision: "auto", "fp32", "bf16" or "fp16", see :mod:`seem_ros.model.precision`.
        compiled: whether the image encoder is compiled when it first sees a size of picture.

    Raises:
        ValueError: the library is of another model, or there is no such precision.
    """

    def __init__(
        self,
        model: Seem,
        device: str | torch.device = "cpu",
        helpers: Helpers = NO_HELPERS,
        library: Library | None = None,
        precision: str = "auto",
        compiled: bool = False,
    ) -> None:
        self.device = torch.device(device)
        half = half_type(precision, self.device)
        self.model = retried(lambda: model.to(self.device)).eval()
        self.helpers = retried(lambda: helpers.to(self.device))
        self._family = family_of(self.model, self.helpers, self.device)
        if self.device.type == "cuda":
            use_tf32(precision != "fp32")
        if half is not None:
            self._family.halve(half)
        if compiled:
            compile_encoder(self.model)
        self._picture: Picture | None = None
        self.library: Library | None = None
        if library is not None:
            self.use_library(library)

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str = "nano",
        device: str = "auto",
        input_size: int = 0,
        library: Library | None = None,
        second_eye: bool = True,
        precision: str = "auto",
        compiled: bool = False,
    ) -> Segmenter:
        """Load a model by name ("nano", "focal_t", ...), from a checkpoint file or an export.

        Args:
            name_or_path: a name that ``seem-ros models`` lists, or a path; a folder that
                ``seem-ros export`` wrote runs in ONNX Runtime or OpenVINO on the CPU.
            device: "auto" (CUDA where there is one), or any torch device.
            input_size: see :func:`seem_ros.model.loading.load_model`; smaller is faster.
            library: things that an operator taught; their names come before all others.
            second_eye: let a larger network look once more where an operator draws a box or
                corrects; no other model than nano's kind has it.
            precision: "auto" (half precision on a GPU), "fp32", "bf16" or "fp16".
            compiled: compile the image encoder: the first picture of a size takes long, those
                after it less time than without.

        Raises:
            FileNotFoundError: the checkpoint is not on disk.
            ValueError: unknown name or precision, or a file that is no checkpoint, is truncated
                or of another model; or the library is.
        """
        exported = is_export(Path(name_or_path))
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() and not exported else "cpu"
        if exported and not device.startswith("cpu"):
            raise ValueError(f"{name_or_path} is an export for the CPU, not for {device!r}")
        place = as_device(device)
        half = half_type(precision, place)
        if exported and half is not None:
            raise ValueError(f"{name_or_path} is an export: it has the precision of its networks")
        loaded = load_model(name_or_path, input_size, second_eye, half)
        return cls(loaded.model, place, loaded.helpers, library, precision, compiled)

    def use_library(self, library: Library) -> None:
        """Know what was taught; these names come before all others.

        Raises:
            ValueError: the library is of another model; nothing changes.
        """
        library.use(self._family)
        self.library = self._family.taught = library

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Class names that masks are labelled with."""
        return self._family.vocabulary.names

    def set_vocabulary(self, names: Sequence[str]) -> None:
        """Label masks with these names from now on.

        Raises:
            ValueError: no name, or an empty one.
        """
        chosen = Vocabulary(self.model, names)
        if chosen.names == self.vocabulary:
            return  # what was computed of them is kept
        trained = Vocabulary.of(self.model)
        self._family.vocabulary = trained if chosen.names == trained.names else chosen

    def split(self, prompt: Prompt) -> tuple[Prompt, ...]:
        """Make one prompt for each thing that a prompt's text asks for: "cup and plate" is two.

        Official models, which were trained on whole expressions, split at ";" only.

        Raises:
            ValueError: the text cannot be answered; the message says what can be said instead.
        """
        return self._family.split(prompt)

    @torch.inference_mode()
    def look(self, rgb: np.ndarray, detail: float = 1.0) -> Picture:
        """Compute the features of an (H, W, 3) uint8 RGB image.

        Args:
            rgb: the image; it must not be changed while the picture is used.
            detail: it is read at so many times the model's input size; official models, whose
                sizes are fixed, read it as always.

        Raises:
            ValueError: another shape or dtype, or an empty image.
        """
        return self._family.look(rgb, detail)

    @torch.inference_mode()
    def likeness(self, result: Segmentation, memories: Sequence[Remembered]) -> float:
        """Return how alike a result is to the most alike thing remembered, 0..1.

        Args:
            result: of any picture.
            memories: what :meth:`Picture.remember` returned.

        Returns:
            1 where there is nothing to compare: no memories, or a model without dense prompts.
        """
        if result.looks is None or not memories:
            return 1.0
        return likeness(result.looks, memories)

    @torch.inference_mode()
    def confusable(self, memories: Sequence[Remembered], others: Sequence[Remembered]) -> bool:
        """Tell whether a thing can be taken for another, both as :meth:`Picture.remember` gave.

        False where the model does not tell.
        """
        return any(one.confusable(other) for one in memories for other in others)

    def warm_up(self, height: int, width: int) -> None:
        """Get everything ready for pictures of a size, so that the first prompt takes no longer.

        Memory is taken, kernels are chosen or compiled, and the names of masks embedded.
        """
        rows, columns = np.mgrid[:height, :width]
        ground = ((rows // 8 + columns // 8) % 2 * 90 + 80).astype(np.uint8)
        picture = self.look(np.repeat(ground[..., None], 3, 2))
        click = Prompt(points=[(width / 2, height / 2, 1)])
        (first,) = picture.answer([Question(click)])
        picture.answer([Question(click, first)])

    def set_image(self, image: np.ndarray | Image | str | Path, detail: float = 1.0) -> None:
        """Look at an image; later prompts are about it.

        Args:
            image: (H, W, 3) uint8 RGB, a Pillow picture, or the path of a file.
            detail: see :meth:`look`.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: no such image; the message says how to make it right. The last image
                stays set.
        """
        self._picture = self.look(as_rgb(image), detail)

    @property
    def picture(self) -> Picture:
        """The image set last.

        Raises:
            RuntimeError: no image was set.
        """
        if self._picture is None:
            raise RuntimeError("no image is set: call set_image before predicting")
        return self._picture

    def reset(self) -> None:
        """Forget the image and all examples."""
        self._picture = None
        self._family.forget_examples()

    def predict(self, prompt: Prompt | str, previous: Segmentation | None = None) -> Segmentation:
        """Segment one prompt, or what words name, on the current image; see :meth:`predict_batch`.

        The result notes the image that it is about, so that it can show itself.
        """
        answer = self.picture.answer([Question(as_prompt(prompt), previous)])[0]
        answer.image = self.picture.rgb
        return answer

    def predict_batch(
        self,
        prompts: Sequence[Prompt],
        previous: Sequence[Segmentation | None] | None = None,
        references: Sequence[Sequence[Remembered]] | None = None,
        glances: Sequence[bool] | None = None,
    ) -> list[Segmentation]:
        """Segment several prompts on the current image in one decoder call.

        Args:
            prompts: see :class:`Question`, as are the others, each one per prompt.
            previous: results of the last round.
            references: what :meth:`remember` returned for the object earlier.
            glances: whether a look around the last round's mask is enough.

        Raises:
            RuntimeError: no image was set.
            ValueError: a prompt that does not fit the image; nothing changes.
        """
        count = len(prompts)
        rows = zip(
            prompts,
            previous if previous is not None else [None] * count,
            references if references is not None else [()] * count,
            glances if glances is not None else [False] * count,
            strict=True,
        )
        return self.picture.answer([Question(*row) for row in rows])

    def remember(self, mask: np.ndarray, places: bool = True) -> Remembered:
        """Remember an object of the current image, see :meth:`Picture.remember`."""
        return self.picture.remember(mask, places)

    def panoptic(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Segment everything in the current image, see :meth:`Picture.everything`."""
        return self.picture.everything()
