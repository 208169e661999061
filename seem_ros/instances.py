"""What comes out: Segmentation of one image, Instance of a stream, and small mask helpers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seem_ros.exchange import formats
from seem_ros.prompts import Prompt, PromptKind

if TYPE_CHECKING:
    from PIL.Image import Image

State = Literal["tracked", "uncertain", "lost"]
PixelBox = tuple[int, int, int, int]

TRACKED: State = "tracked"
UNCERTAIN: State = "uncertain"
LOST: State = "lost"
NO_KINDS = PromptKind(0)


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
        return f"SegmentedObject({_described(self)})"

    def save(self, path: str | Path) -> None:
        """Write the mask as a PNG picture of 0 and 255; raise ValueError for other endings."""
        _write_mask(path, self.mask)


@dataclass(eq=False)
class Segmentation:
    """The answer to one prompt on one image.

    Attributes:
        found: whether anything in view fits the prompt.
        mask: (H, W) bool, the union of the objects; all False when nothing was found.
        score: confidence of the best object, 0..1.
        class_name: name of the best object, "" if the model gave none.
        class_score: confidence in that name, 0..1.
        objects: one for clicks, boxes, strokes, masks and examples; for text every match, best
            first.
        logits: (h, w) float32 mask logits over the whole image at low resolution, without any
            padding: what the memory prompt of the next round reads. None where only the mask is
            known.
        looks: what the best object looks like to the model, to be compared with what it
            remembers of objects; None where it does not tell.
        context: what the model noted of the whole picture, so that it can look at the object's
            surroundings only in the next one; None where it notes nothing.
        image: (H, W, 3) uint8 RGB that it is about, not a copy; None where it was not noted.

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

    def __repr__(self) -> str:
        """Tell what was found where, not the pixels."""
        height, width = self.mask.shape
        if not self.found:
            return f"Segmentation(nothing found in {width}x{height})"
        count = f"{len(self.objects)} objects, best " if len(self.objects) > 1 else ""
        best = self.objects[0] if self.objects else self
        return f"Segmentation({count}{_described(best)} of {width}x{height})"

    @property
    def box(self) -> PixelBox:
        """(x0, y0, x1, y1) pixels around the mask, x1 and y1 exclusive; zeros if empty."""
        return box_of(self.mask)

    def plot(
        self, rgb: np.ndarray | None = None, prompts: Sequence[Prompt] = (), caption: str = ""
    ) -> Image:
        """Return a Pillow picture of the image with the objects drawn on it; it shows itself.

        Args:
            rgb: (H, W, 3) uint8 RGB; None takes the image that the result is about.
            prompts: to be drawn too.
            caption: one line for the bottom edge.

        Raises:
            ValueError: no image was given or noted, or it has another size than the mask.

        """
        from PIL import Image

        from seem_ros.visualize.overlay import draw_overlay

        rgb = self.image if rgb is None else rgb
        if rgb is None:
            raise ValueError("the result does not know its image: give it, plot(rgb)")
        things = [
            Instance(
                number, class_name=item.class_name, score=item.score, mask=item.mask, box=item.box
            )
            for number, item in enumerate(self.objects, start=1)
        ]
        return Image.fromarray(draw_overlay(rgb, things, prompts=prompts, status=caption))

    def save(self, path: str | Path) -> None:
        """Write the mask as a PNG picture of 0 and 255; raise ValueError for other endings."""
        _write_mask(path, self.mask)

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


@dataclass(frozen=True, eq=False)
class Instance:
    """One tracked object in one frame.

    Attributes:
        id: 1..65535, never given to another thing in a run.
        label: the operator's name, "" if none was given.
        class_name: the model's name for it.
        score: confidence in the mask, 0..1.
        class_score: confidence in the name, 0..1.
        state: "tracked", "uncertain" or "lost".
        mask: (H, W) bool, None while lost.
        box: (x0, y0, x1, y1) pixels around the mask, x1 and y1 exclusive; None while lost.
        last_seen: stamp of the last frame it was seen in, nanoseconds.
        prompt_kinds: what it was prompted with so far.

    """

    id: int
    label: str = ""
    class_name: str = ""
    score: float = 0.0
    class_score: float = 0.0
    state: State = TRACKED
    mask: np.ndarray | None = None
    box: PixelBox | None = None
    last_seen: int = 0
    prompt_kinds: PromptKind = NO_KINDS

    def __repr__(self) -> str:
        """Tell who and where it is, not the pixels."""
        label = f"{self.label!r}, " if self.label else ""
        return f"Instance({self.id}, {label}{self.state}, {_described(self)})"

    @property
    def name(self) -> str:
        """The operator's name, else the model's."""
        return self.label or self.class_name

    @property
    def area(self) -> int:
        """Pixels of the mask, 0 while lost."""
        return 0 if self.mask is None else int(np.count_nonzero(self.mask))


def _described(thing: formats.Thing) -> str:
    """Tell a thing's name, score, box and area in a few words."""
    name = f"{thing.class_name!r}, " if thing.class_name else ""
    if thing.mask is None:
        return f"{name}not in view"
    area = np.count_nonzero(thing.mask)
    return f"{name}score {thing.score:.2f}, box {thing.box}, {area} pixels"


def _write_mask(path: str | Path, mask: np.ndarray) -> None:
    from seem_ros.exchange.picture_files import write_picture

    write_picture(path, mask)


def box_of(mask: np.ndarray) -> PixelBox:
    """Return (x0, y0, x1, y1) around a (H, W) bool mask, x1 and y1 exclusive; zeros if empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return (0, 0, 0, 0)
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    return (int(columns[0]), top, int(columns[-1]) + 1, bottom)


def iou(first: np.ndarray, second: np.ndarray) -> float:
    """Return intersection over union of two (H, W) bool masks; 1 when both are empty."""
    union = np.count_nonzero(first | second)
    return float(np.count_nonzero(first & second) / union) if union else 1.0


def label_image(instances: Iterable[Instance], height: int, width: int) -> np.ndarray:
    """Return (H, W) uint16: 0 background, else the instance id; the higher score is on top."""
    image = np.zeros((height, width), np.uint16)
    for instance in sorted(instances, key=lambda item: item.score):
        if instance.mask is not None:
            image[instance.mask] = instance.id
    return image
