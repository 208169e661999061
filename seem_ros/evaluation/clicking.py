"""The clicking protocol: an imagined operator corrects the largest error until it is good.

The next click goes to the centre of the largest error region by distance transform, with a border
of zeros one pixel wide, so that the picture's edge counts as an edge. Positive on a missed part,
negative on a part too many. This is the protocol of interactive segmentation (RITM, SimpleClick).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from seem_ros.evaluation.pictures import LabelledPicture
from seem_ros.instances import box_of
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.question import Question
from seem_ros.tracking.model import Picture, PromptableModel

MOST_CLICKS = 20


def masked_iou(mask: np.ndarray, truth: np.ndarray, ignored: np.ndarray) -> float:
    """Return IoU of two (H, W) bool masks outside the ignored pixels; 1 when both are empty."""
    valid = ~ignored
    union = np.count_nonzero((mask | truth) & valid)
    return float(np.count_nonzero(mask & truth & valid) / union) if union else 1.0


def next_click(
    mask: np.ndarray, truth: np.ndarray, ignored: np.ndarray
) -> tuple[float, float, int] | None:
    """Return (x, y, label) at the centre of the largest error region, None without an error."""
    missed = _depth(truth & ~mask & ~ignored)
    extra = _depth(mask & ~truth & ~ignored)
    positive = missed.max() >= extra.max()
    depth = missed if positive else extra
    if depth.max() <= 0:
        return None
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(column) + 0.5, float(row) + 0.5, int(positive)


def _depth(region: np.ndarray) -> np.ndarray:
    padded = np.pad(region.astype(np.uint8), 1)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 0)[1:-1, 1:-1]


@dataclass(eq=False)
class ClickRecord:
    """How one object went.

    Attributes:
        picture: SET/IMAGE.
        instance_id: label of the object.
        ious: after each click.
        box_iou: from its exact box.

    """

    picture: str
    instance_id: int
    ious: list[float] = field(default_factory=list)
    box_iou: float = 0.0

    def clicks_to(self, target: float, most: int = MOST_CLICKS) -> int:
        """Return the number of clicks until an IoU was reached, `most` if it never was."""
        reached = [k for k, value in enumerate(self.ious, start=1) if value >= target]
        return reached[0] if reached else most

    def at(self, click: int) -> float:
        """Return the IoU after a number of clicks; the last one where no more were needed."""
        return self.ious[min(click, len(self.ious)) - 1]


def measure_picture(
    model: PromptableModel, picture: LabelledPicture, most: int = MOST_CLICKS, stop: float = 0.95
) -> list[ClickRecord]:
    """Click and box every object of a picture.

    Args:
        model: a Segmenter.
        picture: what to measure on.
        most: clicks an object at most.
        stop: IoU from which an object needs no more clicks.

    """
    truths = picture.objects()
    records = [ClickRecord(picture.name, instance_id) for instance_id in truths]
    if not records:
        return []
    looked_at = model.look(picture.rgb)
    masks = list(truths.values())
    boxes = looked_at.answer([Question(Prompt(boxes=[box_of(mask)])) for mask in masks])
    for record, mask, answer in zip(records, masks, boxes, strict=True):
        record.box_iou = masked_iou(answer.mask, mask, picture.ignored)
    _click_all(looked_at, picture, masks, records, most, stop)
    return records


def _click_all(
    looked_at: Picture,
    picture: LabelledPicture,
    masks: Sequence[np.ndarray],
    records: Sequence[ClickRecord],
    most: int,
    stop: float,
) -> None:
    """Run the rounds of all objects together: one decoder call a round."""
    nothing = np.zeros(picture.labels.shape, bool)
    clicks: list[list[tuple[float, float, int]]] = [[] for _ in masks]
    answers: list[Segmentation | None] = [None] * len(masks)
    active = list(range(len(masks)))
    for _ in range(most):
        asked = []
        for index in active:
            answer = answers[index]
            mask = nothing if answer is None else answer.mask
            click = next_click(mask, masks[index], picture.ignored)
            if click is not None:
                clicks[index].append(click)
                asked.append(index)
        if not asked:
            break
        questions = [Question(Prompt(points=clicks[i]), answers[i]) for i in asked]
        results = looked_at.answer(questions)
        for index, result in zip(asked, results, strict=True):
            answers[index] = result
            overlap = masked_iou(result.mask, masks[index], picture.ignored)
            records[index].ious.append(overlap)
        active = [index for index in asked if records[index].ious[-1] < stop]


def summarise(records: Sequence[ClickRecord], most: int = MOST_CLICKS) -> dict[str, float]:
    """Return the figures over objects: IoU after 1..5 clicks, NoC, box IoU.

    Args:
        records: of the objects.
        most: clicks an object was given at most. There is no IoU after more of them, and no NoC,
            whose definition has 20, after fewer.

    """
    if not records:
        raise ValueError("no object of at least 0.5 % of its picture to measure")
    figures: dict[str, float] = {"objects": len(records)}
    for k in range(1, min(most, 5) + 1):
        figures[f"iou_{k}"] = float(np.mean([record.at(k) for record in records]))
    for target in (85, 90):
        if most >= MOST_CLICKS:
            needed = [record.clicks_to(target / 100, most) for record in records]
            figures[f"noc{target}"] = float(np.mean(needed))
        failed = [max(record.ious) < target / 100 for record in records]
        figures[f"failed{target}"] = float(np.mean(failed))
    figures["box_iou"] = float(np.mean([record.box_iou for record in records]))
    return figures
