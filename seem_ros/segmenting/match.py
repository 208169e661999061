"""Match: one object that fits a question, and how matches become the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.transfers import Later
from seem_ros.prompts.prompt import Box
from seem_ros.segmentation import Segmentation, SegmentedObject
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.question import Answer

_ONE_THING = 0.5  # IoU


@dataclass(frozen=True, eq=False)
class Match:
    """One object that fits a question.

    Attributes:
        mask: its outline.
        score: 0..1.
        embedding: (C,) class embedding, on the device, to be named from a vocabulary.
        norms: of the last whole look, None where the model has none.
        looks: (c,) what the object looks like to the model, on its way to the CPU; None where it
            does not tell.
        taught: the operator's name for it and its probability, where it was found by that.
        box: x0, y0, x1, y1 in pixels of the picture, where a detector saw it.
    """

    mask: Mask
    score: float
    embedding: Tensor
    norms: Tensor | None = None
    looks: Later | None = None
    taught: tuple[str, float] | None = None
    box: Box | None = None

    def scored(self, factor: float) -> Match:
        """The same object, believed that much."""
        return replace(self, score=self.score * factor)


@dataclass(frozen=True, eq=False)
class Named:
    """What words name.

    Attributes:
        matches: best first; none when it is not in view.
        note: which of how many things were chosen, or what is missing; empty for nothing to say.
    """

    matches: list[Match]
    note: str = ""

    @classmethod
    def of_several(cls, answers: Sequence[Named]) -> Named:
        """The answers to several phrases as one; what two of them name is one match."""
        if len(answers) == 1:
            return answers[0]
        found: list[Match] = []
        for match in (match for answer in answers for match in answer.matches):
            if not any(match.mask.iou(other.mask) > _ONE_THING for other in found):
                found.append(match)
        notes = "; ".join(answer.note for answer in answers if answer.note)
        return cls(sorted(found, key=lambda match: -match.score), notes)


def answer_of(
    grid: Grid, matches: Sequence[Match], names: Sequence[tuple[str, float]], note: str = ""
) -> Answer:
    """Return the answer to one question.

    Args:
        grid: of the picture.
        matches: best first; none for "not found".
        names: class name and its probability for each.
        note: see :class:`Named`.
    """
    objects = [
        SegmentedObject(match.mask.pixels, match.score, name, sure, box_of(match.mask.pixels))
        for match, (name, sure) in zip(matches, names, strict=True)
        if match.mask.pixels.any()
    ]
    if not objects:
        return Segmentation(False, np.zeros(grid.original, bool), note=note)
    best, alone = objects[0], len(matches) == 1
    rows, columns = grid.shown
    logits = torch.stack([match.mask.logits for match in matches]).amax(0)[:rows, :columns]
    return Segmentation(
        found=True,
        mask=best.mask if alone else np.any([each.mask for each in objects], axis=0),
        score=best.score,
        class_name=best.class_name,
        class_score=best.class_score,
        objects=objects,
        logits=logits.numpy(),
        context=matches[0].norms if alone else None,
        looks=None if matches[0].looks is None else matches[0].looks.value,
        note=note,
    )
