"""Answers to look at: one click and one name a picture, best, median and worst."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.evaluation.clicking import masked_iou, next_click
from seem_ros.evaluation.pictures import LabelledPicture
from seem_ros.evaluation.sheets import painted
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.question import Question
from seem_ros.tracking.model import PromptableModel

WIDTH = 320  # pixels of each of the two halves of an example


@dataclass(frozen=True, eq=False)
class Example:
    """One prompt and its answer.

    Attributes:
        caption: what was asked and how it went.
        iou: with the truth.
        picture: (h, w, 3) uint8, answer on the left and truth on the right.

    """

    caption: str
    iou: float
    picture: np.ndarray


def examples(
    model: PromptableModel, pictures: Iterable[LabelledPicture]
) -> Iterator[tuple[str, Example]]:
    """Click the largest object and ask for the most common name of every picture.

    Yields:
        "click" or "text", and the example.

    """
    for picture in pictures:
        objects, classes = picture.objects(), picture.classes()
        if not objects:
            continue
        looked_at = model.look(picture.rgb)
        truth = max(objects.values(), key=np.count_nonzero)
        click = next_click(np.zeros_like(truth), truth, picture.ignored)
        if click is not None:
            x, y, _ = click
            (answer,) = looked_at.answer([Question(Prompt(points=(click,)))])
            yield "click", _example(picture, answer, truth, f"({x:.0f}, {y:.0f})", (x, y))
        if classes:
            name = max(classes, key=lambda n: np.count_nonzero(classes[n]))
            (answer,) = looked_at.answer([Question(Prompt(text=name))])
            yield "text", _example(picture, answer, classes[name], f'"{name}"')


def best_median_worst(found: Sequence[Example], each: int) -> list[Example]:
    """The ``each`` best, middle and worst examples, in this order; all where there are few."""
    ranked = sorted(found, key=lambda e: -e.iou)
    if len(ranked) <= 3 * each:
        return ranked
    middle = (len(ranked) - each) // 2
    return ranked[:each] + ranked[middle : middle + each] + ranked[-each:]


def _example(
    picture: LabelledPicture,
    answer: Segmentation,
    truth: np.ndarray,
    asked: str,
    click: tuple[float, float] | None = None,
) -> Example:
    iou = masked_iou(answer.mask, truth, picture.ignored)
    halves = [painted(picture.rgb, m.astype(np.uint16)) for m in (answer.mask, truth)]
    if click is not None:
        radius = max(3, picture.rgb.shape[1] // 100)
        cv2.circle(halves[0], (int(click[0]), int(click[1])), radius, (0, 255, 0), -1)
    height = round(picture.rgb.shape[0] * WIDTH / picture.rgb.shape[1])
    small = [cv2.resize(h, (WIDTH, height), interpolation=cv2.INTER_AREA) for h in halves]
    said = f"{iou:.2f} {asked}" if answer.found else f"not found {asked}"
    return Example(said, iou, np.hstack(small))
