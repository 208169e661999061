"""Instance: one tracked object in one frame of a stream; and small helpers for masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seem_ros.exchange.formats import Thing
from seem_ros.prompts import PromptKind

State = Literal["tracked", "uncertain", "lost"]
PixelBox = tuple[int, int, int, int]

TRACKED: State = "tracked"
UNCERTAIN: State = "uncertain"
LOST: State = "lost"
NO_KINDS = PromptKind(0)


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
        reading: which reading of its last click the mask is, from 1; 0 while no others are known.
        readings: how many there are.

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
    reading: int = 0
    readings: int = 0

    def __repr__(self) -> str:
        """Tell who and where it is, not the pixels."""
        label = f"{self.label!r}, " if self.label else ""
        return f"Instance({self.id}, {label}{self.state}, {described(self)})"

    @property
    def name(self) -> str:
        """The operator's name, else the model's."""
        return self.label or self.class_name

    @property
    def name_score(self) -> float:
        """What to show beside the name, 0..1: how sure the model is of a name that it gave.

        Of a thing that the operator named, or that has no name, how sure it is of the mask.
        """
        return self.class_score if self.class_name and not self.label else self.score

    @property
    def area(self) -> int:
        """Pixels of the mask, 0 while lost."""
        return 0 if self.mask is None else int(np.count_nonzero(self.mask))


def described(thing: Thing) -> str:
    """Tell a thing's name, score, box and area in a few words."""
    name = f"{thing.class_name!r}, " if thing.class_name else ""
    if thing.mask is None:
        return f"{name}not in view"
    area = np.count_nonzero(thing.mask)
    return f"{name}score {thing.score:.2f}, box {thing.box}, {area} pixels"


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
