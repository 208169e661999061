"""Results in the forms of other programs: JSON, COCO annotations, supervision's Detections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

PixelBox = tuple[int, int, int, int]


class Thing(Protocol):
    """What a SegmentedObject and an Instance in view have in common."""

    @property
    def mask(self) -> np.ndarray | None:
        """(H, W) bool."""

    @property
    def box(self) -> PixelBox | None:
        """(x0, y0, x1, y1) pixels, x1 and y1 exclusive."""

    @property
    def score(self) -> float:
        """Confidence in the mask, 0..1."""

    @property
    def class_name(self) -> str:
        """The model's name for it."""

    @property
    def class_score(self) -> float:
        """Confidence in the name, 0..1."""


def summary(thing: Thing) -> dict[str, Any]:
    """Return what is known of a thing besides its mask, ready for JSON."""
    return {
        "score": round(float(thing.score), 4),
        "class_name": thing.class_name,
        "class_score": round(float(thing.class_score), 4),
        "box": [int(value) for value in thing.box] if thing.box and any(thing.box) else None,
        "area": 0 if thing.mask is None else int(np.count_nonzero(thing.mask)),
    }


def coco_annotations(
    things: Sequence[Thing], image_id: int, categories: Mapping[str, int] | None
) -> list[dict[str, Any]]:
    """Return things in view as COCO results: masks as compressed runs, boxes as x, y, w, h.

    Args:
        things: with masks and boxes.
        image_id: of the image in the caller's data set.
        categories: number of each class name there; None gives all the number 1.

    Raises:
        ValueError: a class name has no number.

    """
    return [_coco_annotation(thing, image_id, categories) for thing in things]


def _coco_annotation(
    thing: Thing, image_id: int, categories: Mapping[str, int] | None
) -> dict[str, Any]:
    assert thing.mask is not None and thing.box is not None
    if categories is not None and thing.class_name not in categories:
        raise ValueError(
            f"no category for {thing.class_name!r}; there are {', '.join(categories)}"
        )
    x0, y0, x1, y1 = (int(value) for value in thing.box)
    return {
        "image_id": image_id,
        "category_id": 1 if categories is None else categories[thing.class_name],
        "category_name": thing.class_name,
        "segmentation": coco_runs(thing.mask),
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": int(np.count_nonzero(thing.mask)),
        "score": round(float(thing.score), 4),
        "iscrowd": 0,
    }


def coco_runs(mask: np.ndarray) -> dict[str, Any]:
    """Return an (H, W) bool mask as COCO's compressed run lengths.

    The runs go down the columns and begin with background. From the fourth on each is written as
    the difference to the run two before it, in groups of five bits, lowest first; a sixth bit
    tells that more follow, and 48 makes it a printable letter.
    """
    pixels = mask.ravel(order="F")
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    runs = np.diff(np.concatenate(([0], changes, [pixels.size]))).tolist()
    if pixels.size and pixels[0]:
        runs.insert(0, 0)
    letters = []
    for index, run in enumerate(runs):
        value = run - runs[index - 2] if index > 2 else run
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            letters.append(chr((bits | 32 if more else bits) + 48))
    return {"size": [int(side) for side in mask.shape], "counts": "".join(letters)}


def supervision_detections(
    things: Sequence[Thing], size: tuple[int, int], ids: Sequence[int] | None = None
) -> Any:
    """Return things in view as a ``supervision.Detections``, class names in its data.

    Args:
        things: with masks and boxes.
        size: (height, width) of the image.
        ids: of tracked instances.

    Raises:
        ImportError: supervision is not installed.

    """
    try:
        import supervision
    except ImportError:
        raise ImportError("to_supervision needs supervision: pip install supervision") from None
    names = [thing.class_name for thing in things]
    numbers = {name: index for index, name in enumerate(dict.fromkeys(names))}
    boxes = [thing.box for thing in things]
    masks = [thing.mask for thing in things]
    return supervision.Detections(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        mask=np.array(masks, bool).reshape(-1, *size),
        confidence=np.array([thing.score for thing in things], np.float32),
        class_id=np.array([numbers[name] for name in names], int),
        tracker_id=None if ids is None else np.array(ids, int),
        data={"class_name": np.array(names, dtype=str)},
    )
