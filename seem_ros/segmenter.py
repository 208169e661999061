"""Segmenter: looks at images; each is then a Picture that answers many prompts.

``look`` computes an image's features once; each question to the picture costs a decoder call.
``set_image`` and ``predict`` say the same with the verbs of SAM 2's predictor, about the image
that was set last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from seem_ros.library import Library
from seem_ros.model.helpers import NO_HELPERS, Helpers
from seem_ros.model.loading import load_model
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation, SegmentedObject
from seem_ros.segmenting.families import family_of
from seem_ros.segmenting.likeness import likeness
from seem_ros.segmenting.memory import Remembered
from seem_ros.segmenting.naming import Vocabulary
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question


class Segmenter:
    """Segments prompts on one image after another.

    Args:
        model: a loaded SEEM.
        device: where it runs.
        helpers: what was loaded beside it.
        library: things that an operator taught; their names come before all others.

    Raises:
        ValueError: the library is of another model.
    """

    def __init__(
        self,
        model: Seem,
        device: str | torch.device = "cpu",
        helpers: Helpers = NO_HELPERS,
        library: Library | None = None,
    ) -> None:
        self.device = torch.device(device)
        self.model = model.to(self.device).eval()
        self.helpers = helpers.to(self.device)
        self._family = family_of(self.model, self.helpers, self.device)
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
    ) -> Segmenter:
        """Load a model by name ("nano", "focal_t", ...), from a checkpoint file or an export.

        Args:
            name_or_path: a name that ``seem-ros models`` lists, or a path; a folder that
                ``seem-ros export`` wrote runs in ONNX Runtime or OpenVINO on the CPU.
            device: "auto" (CUDA where there is one), or any torch device.
            input_size: see :func:`seem_ros.model.loading.load_model`; smaller is faster.
            library: things that an operator taught; their names come before all others.

        Raises:
            FileNotFoundError: the checkpoint is not on disk.
            ValueError: unknown name, or a file that is no checkpoint, is truncated or of
                another model; or the library is.
        """
        loaded = load_model(name_or_path, input_size)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() and not loaded.needs_cpu else "cpu"
        if loaded.needs_cpu and torch.device(device).type != "cpu":
            raise ValueError(f"{name_or_path} is an export for the CPU, not for {device!r}")
        return cls(loaded.model, device, loaded.helpers, library)

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
        self._family.vocabulary = Vocabulary(self.model, names)

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
        return likeness(result.looks, [memory.tokens for memory in memories])

    @torch.inference_mode()
    def confusable(self, memories: Sequence[Remembered], others: Sequence[Remembered]) -> bool:
        """Tell whether a thing can be taken for another, both as :meth:`Picture.remember` gave.

        False where the model does not tell.
        """
        return any(one.confusable(other) for one in memories for other in others)

    def set_image(self, rgb: np.ndarray, detail: float = 1.0) -> None:
        """Look at an image; later prompts are about it, see :meth:`look`.

        Raises:
            ValueError: see :meth:`look`; the last image stays set.
        """
        self._picture = self.look(rgb, detail)

    @property
    def picture(self) -> Picture:
        """The image set last.

        Raises:
            RuntimeError: no image was set.
        """
        if self._picture is None:
            raise RuntimeError("no image is set: call set_image before predicting")
        return self._picture

    def has_image(self, rgb: np.ndarray, detail: float = 1.0) -> bool:
        """Tell whether the image set last has these (H, W, 3) uint8 pixels, read so."""
        picture = self._picture
        if picture is None or picture.detail != detail:
            return False
        return np.array_equal(picture.rgb, rgb)

    def reset(self) -> None:
        """Forget the image and all examples."""
        self._picture = None
        self._family.forget_examples()

    def predict(self, prompt: Prompt, previous: Segmentation | None = None) -> Segmentation:
        """Segment one prompt on the current image, see :meth:`predict_batch`."""
        return self.picture.answer([Question(prompt, previous)])[0]

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

    def resemblance(
        self,
        references: Sequence[Remembered],
        where: np.ndarray | None = None,
        rivals: Sequence[Remembered] = (),
    ) -> np.ndarray | None:
        """Compare places of the current image with memories, see :meth:`Picture.resemblance`."""
        return self.picture.resemblance(references, where, rivals)

    def panoptic(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Segment everything in the current image, see :meth:`Picture.everything`."""
        return self.picture.everything()
