"""What comes out: Segmentation of one image, Instance of a stream, and small mask helpers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from seem_ros.prompts import PromptKind

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

    @property
    def name(self) -> str:
        """The operator's name, else the model's."""
        return self.label or self.class_name

    @property
    def area(self) -> int:
        """Pixels of the mask, 0 while lost."""
        return 0 if self.mask is None else int(np.count_nonzero(self.mask))


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
