"""Prompt: everything an operator can point at, draw, say or show, in one value.

Coordinates are pixels, x to the right and y down. Pixel ``i`` covers ``[i, i + 1)``, so a click at
``(3.7, 2.0)`` lies in column 3 and row 2, and a box ``(x0, y0, x1, y1)`` covers the columns
``x0 .. x1 - 1``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.prompts import checks
from seem_ros.prompts.kinds import Mode, PromptKind

Point = tuple[float, float, int]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Stroke:
    """A scribble: a polyline and its width in pixels, on the object or on the background."""

    points: tuple[tuple[float, float], ...]
    width: float = 7.0
    positive: bool = True

    def __post_init__(self) -> None:
        """Accept any sequence of pairs; raise ValueError for anything else."""
        object.__setattr__(self, "points", checks.tuples(self.points, 2, "stroke points"))
        object.__setattr__(self, "width", float(self.width))


@dataclass(frozen=True, eq=False)
class Prompt:
    """One prompt. Any kinds may be set together and are used together; empty fields are skipped.

    Attributes:
        points: ``(x, y, label)`` in pixels, label 1 on the object and 0 on the background.
        boxes: ``(x0, y0, x1, y1)`` in pixels, x1 and y1 exclusive.
        strokes: scribbles on the object or on the background.
        mask: (H, W) bool, a rough mask of the object.
        text: words that name the object; with mode NEXT nothing, "bigger" or "smaller".
        negative_text: words that name what is not meant.
        example: ``(rgb, mask)``, (h, w, 3) uint8 and (h, w) bool: an image that shows the object.
        mode: what to do with the prompt.
        instance_id: the instance it is about; 0 is a new one or the selected one.
        label: the operator's name for the object.
        id: the caller's name for this prompt, returned in its report.
        source: who sent it.
        stamp_ns: time of the image it was drawn on, nanoseconds; 0 is the newest.
        image_size: ``(height, width)`` its pixels refer to; None is the size of the input image.
        track: keep looking for new matches of the text.

    Raises:
        ValueError: a field has the wrong structure, shape or type.

    """

    points: Sequence[Point] = ()
    boxes: Sequence[Box] = ()
    strokes: Sequence[Stroke] = ()
    mask: np.ndarray | None = None
    text: str = ""
    negative_text: str = ""
    example: tuple[np.ndarray, np.ndarray] | None = None
    mode: Mode = Mode.ADD
    instance_id: int = 0
    label: str = ""
    id: str = ""
    source: str = ""
    stamp_ns: int = 0
    image_size: tuple[int, int] | None = None
    track: bool = False

    def __post_init__(self) -> None:
        """Normalise sequences to tuples and arrays to bool; raise ValueError for other types."""
        checks.check_strings(self, ("text", "negative_text", "label", "id", "source"))
        strokes = tuple(self.strokes)
        if not all(isinstance(stroke, Stroke) for stroke in strokes):
            raise ValueError(f"strokes must be Stroke objects, got {strokes!r}")
        normal = {
            "points": checks.labelled_points(self.points),
            "boxes": checks.tuples(self.boxes, 4, "boxes"),
            "strokes": strokes,
            "mask": None if self.mask is None else checks.as_mask(self.mask, "mask"),
            "example": None if self.example is None else checks.as_example(self.example),
            "mode": Mode(self.mode),
            "instance_id": checks.instance_id(self.instance_id),
            "image_size": checks.image_size(self.image_size),
        }
        for name, value in normal.items():
            object.__setattr__(self, name, value)

    @property
    def kinds(self) -> PromptKind:
        """The kinds of evidence this prompt holds."""
        present = {
            PromptKind.POINT: bool(self.points),
            PromptKind.BOX: bool(self.boxes),
            PromptKind.STROKE: bool(self.strokes),
            PromptKind.MASK: self.mask is not None,
            PromptKind.TEXT: bool(self.text.strip() or self.negative_text.strip()),
            PromptKind.EXAMPLE: self.example is not None,
        }
        return PromptKind(sum(kind for kind, there in present.items() if there))

    @property
    def is_empty(self) -> bool:
        """Whether the prompt says nothing about any object."""
        return self.kinds == PromptKind(0)

    @property
    def has_spatial(self) -> bool:
        """Whether something is pointed at or drawn in the image."""
        spatial = PromptKind.POINT | PromptKind.BOX | PromptKind.STROKE | PromptKind.MASK
        return bool(self.kinds & spatial)

    @property
    def has_positive(self) -> bool:
        """Whether anything says where or what the object is, not only what it is not."""
        clicked = any(label == 1 for _, _, label in self.points)
        drawn = any(stroke.positive for stroke in self.strokes)
        other = bool(self.boxes or self.text.strip()) or self.mask is not None
        return clicked or drawn or other or self.example is not None

    def validated(self, height: int, width: int, *, has_instance: bool = False) -> Prompt:
        """Check the prompt against an image and return it in that image's pixels.

        Args:
            height: rows of the image.
            width: columns of the image.
            has_instance: an instance or a previous mask exists that the prompt refines, so it
                may hold negative evidence only.

        Raises:
            ValueError: the prompt is empty, holds NaN, leaves the image, has a box without area,
                a mask of the wrong size, or only negative evidence with nothing to refine.

        """
        self._check_evidence(has_instance)
        size = self.image_size or (height, width)
        checks.check_spatial(self, *size)
        if size == (height, width):
            return dataclasses.replace(self, image_size=size)
        return checks.rescaled(self, size, (height, width))

    def _check_evidence(self, has_instance: bool) -> None:
        """Raise ValueError when an adding or refining prompt says too little to make a mask."""
        if self.mode in (Mode.REMOVE, Mode.UNDO, Mode.SELECT, Mode.NEXT):
            return
        if self.is_empty:
            raise ValueError("empty prompt: give a click, box, stroke, mask, text or example")
        refines = has_instance or self.instance_id != 0 or self.mode == Mode.REFINE
        if not self.has_positive and not refines:
            raise ValueError(
                "only negative evidence and no instance to refine: add a positive click, box, "
                "stroke, mask, text or example, or set instance_id"
            )


def merge(first: Prompt, second: Prompt) -> Prompt:
    """Add a later round to an earlier one.

    Clicks and strokes accumulate. Boxes, mask, texts, example and label of the later round replace
    the earlier ones where it has any. The rest (mode, stamp, id, …) is the later round's.

    Raises:
        ValueError: the two refer to images of different sizes.

    """
    if first.image_size and second.image_size and first.image_size != second.image_size:
        raise ValueError(
            f"cannot merge prompts drawn on images of sizes {first.image_size} and "
            f"{second.image_size} (height, width): validate both against one image first"
        )
    return dataclasses.replace(
        second,
        points=(*first.points, *second.points),
        strokes=(*first.strokes, *second.strokes),
        boxes=second.boxes or first.boxes,
        mask=first.mask if second.mask is None else second.mask,
        text=second.text or first.text,
        negative_text=second.negative_text or first.negative_text,
        example=first.example if second.example is None else second.example,
        label=second.label or first.label,
        image_size=second.image_size or first.image_size,
        track=second.track or first.track,
    )
