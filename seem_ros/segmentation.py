"""Segmentation: the answer to one prompt on one image."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seem_ros.exchange import formats
from seem_ros.exchange.picture_files import write_picture
from seem_ros.instances import Instance, PixelBox, box_of, described
from seem_ros.prompts import Prompt

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_READINGS = 4  # of one click, the answer included


@dataclass(eq=False)
class SegmentedObject:
    """One object in one image.

    Attributes:
        mask: (H, W) bool.
        score: confidence in the mask, 0..1.
        class_name: the vocabulary's best name for it, "" if the model gave none.
        class_score: confidence in the name, 0..1.
        box: (x0, y0, x1, y1) pixels around the mask, x1 and y1 exclusive; zeros if it is empty.

    """

    mask: np.ndarray
    score: float
    class_name: str = ""
    class_score: float = 0.0
    box: PixelBox = (0, 0, 0, 0)

    def __repr__(self) -> str:
        """Tell the name, the score and the place, not the pixels."""
        return f"SegmentedObject({described(self)})"

    def save(self, path: str | Path) -> None:
        """Write the mask as a PNG picture of 0 and 255; raise ValueError for other endings."""
        write_picture(path, self.mask)


def numbered(objects: Sequence[SegmentedObject]) -> list[Instance]:
    """Return objects of one image as instances with the ids 1, 2, ... in their order."""
    return [
        Instance(
            number,
            class_name=item.class_name,
            score=item.score,
            class_score=item.class_score,
            mask=item.mask,
            box=item.box,
        )
        for number, item in enumerate(objects, start=1)
    ]


@dataclass(eq=False)
class Segmentation:
    """The answer to one prompt on one image.

    Attributes:
        found: whether anything in view fits the prompt.
        mask: (H, W) bool, the union of the objects; all False when nothing was found.
        score: confidence of the best object, 0..1.
        class_name: name of the best object, "" if the model gave none.
        class_score: confidence in that name, 0..1.
        objects: one for clicks, boxes, strokes and masks; for text, and for examples alone, every
            match, best first.
        logits: (h, w) float32 mask logits over the whole image at low resolution, without any
            padding: what the memory prompt of the next round reads. None where only the mask is
            known.
        looks: what the best object looks like to the model, to be compared with what it
            remembers of objects; None where it does not tell.
        context: what the model noted of the whole picture, so that it can look at the object's
            surroundings only in the next one; None where it notes nothing.
        image: (H, W, 3) uint8 RGB that it is about, not a copy; None where it was not noted.
        note: what to tell who asked by words: "second of three handbags", or "there is only one
            handbag, no second one"; empty where there is nothing to say.

    """

    found: bool
    mask: np.ndarray
    score: float = 0.0
    class_name: str = ""
    class_score: float = 0.0
    objects: list[SegmentedObject] = field(default_factory=list)
    logits: np.ndarray | None = None
    context: Any | None = None
    looks: Any | None = None
    image: np.ndarray | None = None
    note: str = ""
    # Asks for the name that the mask did not wait for, and its probability. Not of copies either.
    naming: Callable[[], tuple[str, float]] | None = field(default=None, init=False, repr=False)
    # Asks for other readings of a click. Not of copies: a copy with another mask has none.
    others: Callable[[], Sequence[Segmentation]] | None = field(
        default=None, init=False, repr=False
    )

    def __repr__(self) -> str:
        """Tell what was found where, not the pixels."""
        height, width = self.mask.shape
        if not self.found:
            return f"Segmentation(nothing found in {width}x{height})"
        count = f"{len(self.objects)} objects, best " if len(self.objects) > 1 else ""
        best = self.objects[0] if self.objects else self
        return f"Segmentation({count}{described(best)} of {width}x{height})"

    @property
    def box(self) -> PixelBox:
        """(x0, y0, x1, y1) pixels around the mask, x1 and y1 exclusive; zeros if empty."""
        return box_of(self.mask)

    @cached_property
    def alternatives(self) -> tuple[Segmentation, ...]:
        """What a click can mean: a part, the thing, a group; at most four, best first.

        The first is this answer itself, and the only one of text, examples, and where the model
        knows no other. They are computed when first asked for.
        """
        others = self.others() if self.others is not None else ()
        for other in others:
            other.image = self.image
        return (self, *others)

    def plot(
        self,
        rgb: np.ndarray | None = None,
        prompts: Sequence[Prompt] = (),
        caption: str = "",
        *,
        alternatives: bool = False,
    ) -> Image:
        """Return a Pillow picture of the image with the objects drawn on it; it shows itself.

        Args:
            rgb: (H, W, 3) uint8 RGB; None takes the image that the result is about.
            prompts: to be drawn too.
            caption: one line for the bottom edge.
            alternatives: draw the other readings of the click too, as thin outlines.

        Raises:
            ValueError: no image was given or noted, or it has another size than the mask.

        """
        from PIL import Image

        from seem_ros.visualize.overlay import draw_overlay

        rgb = self.image if rgb is None else rgb
        if rgb is None:
            raise ValueError("the result does not know its image: give it, plot(rgb)")
        things = numbered(self.objects)
        others = [other.mask for other in self.alternatives[1:]] if alternatives else []
        picture = draw_overlay(rgb, things, prompts=prompts, status=caption, others=others)
        return Image.fromarray(picture)

    def save(self, path: str | Path) -> None:
        """Write the mask as a PNG picture of 0 and 255; raise ValueError for other endings."""
        write_picture(path, self.mask)

    def to_coco(
        self, image_id: int = 0, categories: Mapping[str, int] | None = None
    ) -> list[dict[str, Any]]:
        """Return the objects as COCO results: masks as compressed runs, boxes as x, y, w, h.

        Args:
            image_id: of the image in your data set.
            categories: number of each class name there; None gives all the number 1.

        Raises:
            ValueError: a class name has no number.

        """
        return formats.coco_annotations(self.objects, image_id, categories)

    def to_supervision(self) -> Any:
        """Return the objects as ``supervision.Detections``; raise ImportError without it."""
        return formats.supervision_detections(self.objects, self.mask.shape)

    def _repr_png_(self) -> bytes | None:
        """Show itself in a notebook, where the image is known."""
        if self.image is None:
            return None
        stream = io.BytesIO()
        self.plot().save(stream, "PNG")
        return stream.getvalue()

    @classmethod
    def from_mask(cls, mask: np.ndarray, score: float = 1.0) -> Segmentation:
        """Wrap a given (H, W) bool mask, for use as the previous round of a prediction."""
        found = bool(mask.any())
        objects = [SegmentedObject(mask, score, box=box_of(mask))] if found else []
        return cls(found, mask, score if found else 0.0, objects=objects)

    @classmethod
    def from_object(cls, item: SegmentedObject) -> Segmentation:
        """Take one object for all that was found; logits of all would mix the objects."""
        return cls(True, item.mask, item.score, item.class_name, item.class_score, [item])
