"""Class names that masks get: how often they are right, and whether their scores say so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.evaluation.pictures import LabelledPicture
from seem_ros.instances import box_of
from seem_ros.model.text.synonyms import plain_name
from seem_ros.prompts import Prompt
from seem_ros.segmenting.question import Question
from seem_ros.tracking.model import PromptableModel

BINS = 10


@dataclass(frozen=True)
class ClassRecord:
    """The name of one object.

    Attributes:
        picture: SET/IMAGE.
        truth: its labelled name.
        given: the name of the mask that its box gives, empty where the model is not sure.
        score: the model's probability of that name, 0..1.

    """

    picture: str
    truth: str
    given: str
    score: float

    @property
    def right(self) -> bool:
        """Whether the name means what the labelled one does."""
        return plain_name(self.given) == plain_name(self.truth)

    @property
    def shown(self) -> bool:
        """Whether the mask got a name."""
        return bool(self.given)


def measure_picture(
    model: PromptableModel, picture: LabelledPicture, vocabulary: Collection[str]
) -> list[ClassRecord]:
    """Box every object whose name the vocabulary has.

    Args:
        model: a Segmenter.
        picture: what to measure on.
        vocabulary: names the model chooses from.

    """
    named = [
        (picture.names[number], mask)
        for number, mask in picture.objects().items()
        if picture.names.get(number) in vocabulary
    ]
    if not named:
        return []
    questions = [Question(Prompt(boxes=[box_of(mask)])) for _, mask in named]
    answers = model.look(picture.rgb).answer(questions)
    return [
        ClassRecord(picture.name, str(name), answer.class_name, float(answer.class_score))
        for (name, _), answer in zip(named, answers, strict=True)
    ]


def calibration_error(records: Sequence[ClassRecord]) -> float:
    """Expected calibration error (Guo et al., ICML 2017) in ten bins of equal width.

    The mean difference between score and share of right names, weighted by records a bin.
    """
    bins = np.minimum((np.array([r.score for r in records]) * BINS).astype(int), BINS - 1)
    gaps = []
    for number in np.unique(bins):
        inside = [record for record, bin_ in zip(records, bins, strict=True) if bin_ == number]
        gap = abs(np.mean([r.score for r in inside]) - np.mean([r.right for r in inside]))
        gaps.append(len(inside) * gap)
    return float(np.sum(gaps) / len(records))


def summarise(records: Sequence[ClassRecord]) -> dict[str, float]:
    """Return the share of objects that got a name, and how right and how sure these names are.

    Raises:
        ValueError: there are no records.

    """
    if not records:
        raise ValueError("no object of at least 0.5 % of its picture has a name of the vocabulary")
    shown = [record for record in records if record.shown]
    figures = {"objects": float(len(records)), "shown": len(shown) / len(records)}
    if shown:
        figures["right"] = float(np.mean([record.right for record in shown]))
        figures["mean_score"] = float(np.mean([record.score for record in shown]))
        figures["calibration"] = calibration_error(shown)
    return figures
