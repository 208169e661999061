"""Text on labelled pictures: the union of what a name means, and names of absent things."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.evaluation.clicking import masked_iou
from seem_ros.evaluation.pictures import LabelledPicture
from seem_ros.prompts import Prompt
from seem_ros.prompts.language import NotUnderstoodError
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.question import Question
from seem_ros.tracking.model import Picture, PromptableModel

ABSENT_EACH = 3  # absent names asked a picture
RIGHT_IOU = 0.5  # from which an answer is right
CURVE = (0.0, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)  # least scores


@dataclass(frozen=True)
class TextRecord:
    """One name asked on one picture.

    Attributes:
        picture: SET/IMAGE.
        text: the name.
        present: whether such a thing is labelled in the picture.
        found: whether the model answered with a mask.
        iou: of the union with all labelled objects of the name; 0 for absent names.
        score: of the answer, 0..1; 0 where nothing was found.

    """

    picture: str
    text: str
    present: bool
    found: bool
    iou: float
    score: float = 0.0

    @property
    def right(self) -> bool:
        """Whether an answer covers what is meant, and little else."""
        return self.present and self.iou >= RIGHT_IOU


def absent_names(picture: LabelledPicture, names: Sequence[str], count: int) -> list[str]:
    """Return names that nothing in the picture has, always the same ones for a picture."""
    here = {name for name in picture.names.values() if name}
    others = sorted(set(names) - here)

    def order(name: str) -> str:
        return hashlib.sha1(f"{picture.name}/{name}".encode()).hexdigest()

    return sorted(others, key=order)[:count]


def measure_picture(
    model: PromptableModel, picture: LabelledPicture, names: Sequence[str]
) -> list[TextRecord]:
    """Ask for every labelled class of a picture and for some absent ones.

    Args:
        model: a Segmenter.
        picture: what to measure on.
        names: all class names of the set.

    """
    classes = picture.classes()
    if not classes:
        return []
    looked_at = model.look(picture.rgb)
    records = []
    for name, truth in classes.items():
        answer = _asked(looked_at, name)
        overlap = masked_iou(answer.mask, truth, picture.ignored)
        records.append(TextRecord(picture.name, name, True, answer.found, overlap, answer.score))
    for name in absent_names(picture, names, ABSENT_EACH):
        answer = _asked(looked_at, name)
        records.append(TextRecord(picture.name, name, False, answer.found, 0.0, answer.score))
    return records


def _asked(picture: Picture, name: str) -> Segmentation:
    """Return the answer to a name; one that is refused ("table with a cloth") finds nothing."""
    try:
        (answer,) = picture.answer([Question(Prompt(text=name))])
    except NotUnderstoodError:
        return Segmentation(False, np.zeros(picture.size, bool))
    return answer


def summarise(records: Sequence[TextRecord]) -> dict[str, float]:
    """Return mean IoU over present names, and how often absent ones were refused."""
    present = [record for record in records if record.present]
    absent = [record for record in records if not record.present]
    if not present:
        raise ValueError("no named object of at least 0.5 % of its picture to measure")
    figures = {
        "names": float(len(present)),
        "iou": float(np.mean([record.iou for record in present])),
        "found": float(np.mean([record.found for record in present])),
        "absent": float(len(absent)),
    }
    if absent:
        figures["absent_refused"] = float(np.mean([not record.found for record in absent]))
    given = [record for record in records if record.found]
    if given:
        figures["answers_right"] = float(np.mean([record.right for record in given]))
    return figures


@dataclass(frozen=True)
class CurvePoint:
    """What is left where only answers of a least score are taken.

    Attributes:
        least_score: 0..1.
        given: share of the present names that get an answer.
        right: share of all answers, to absent names too, that are right; None without any.
        refused: share of the absent names that get no answer; None without any.

    """

    least_score: float
    given: float
    right: float | None
    refused: float | None


def curve(records: Sequence[TextRecord]) -> list[CurvePoint]:
    """Return how many answers are given against how many are right, by their least score."""
    return [_point(records, least) for least in CURVE]


def _point(records: Sequence[TextRecord], least: float) -> CurvePoint:
    taken = [record.found and record.score >= least for record in records]
    right = [record.right for record, is_taken in zip(records, taken, strict=True) if is_taken]
    given = [t for record, t in zip(records, taken, strict=True) if record.present]
    wrongly = [t for record, t in zip(records, taken, strict=True) if not record.present]
    return CurvePoint(
        least,
        float(np.mean(given)) if given else 0.0,
        float(np.mean(right)) if right else None,
        1 - float(np.mean(wrongly)) if wrongly else None,
    )
