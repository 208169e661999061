"""Where an operator insists, a second eye looks at the part of the picture that is meant.

It reads a square around the mask and the prompts at a size of its own, once for several rounds,
and answers with all clicks, the box and the model's mask as prompts. Whose mask becomes the answer
:mod:`seem_ros.segmenting.eye_judge` decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.helpers.mask_decoder import ANSWERS
from seem_ros.model.helpers.second_eye import SecondEye
from seem_ros.model.semantic_map import pooled
from seem_ros.prompts import Prompt
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.eye_judge import Case, Choice, Opinion, chosen
from seem_ros.segmenting.eye_view import FIRM, HINTED, EyeViews, Looks
from seem_ros.segmenting.likeness import looks_under
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture

_HALF = 0.5


class SecondLook:
    """Lets the eye answer what a model answered, and say what else may be meant.

    Args:
        eye: on its device.
    """

    def __init__(self, eye: SecondEye) -> None:
        self._views = EyeViews(eye)
        # Apart, so that no answer depends on whether somebody asked for readings before it.
        self._reading_views = EyeViews(eye)

    def again(
        self, picture: Picture, evidence: Sequence[Evidence], answers: Sequence[list[Match]]
    ) -> list[list[Match]]:
        """Answer boxes and corrections with the eye's mask where the judge prefers it."""
        return [
            [self._better(picture, each.prompt, match) for match in row]
            if each.is_insisted
            else row
            for each, row in zip(evidence, answers, strict=True)
        ]

    def readings(self, picture: Picture, match: Match, prompt: Prompt) -> list[Match]:
        """Return what else clicks or a box may mean: the eye's three readings, best first.

        The score is the IoU that the eye expects. Empty ones are left out.
        """
        looks = self._reading_views.looks(picture.rgb, match.mask, prompt, mask_logit=0)
        order = sorted(range(1, ANSWERS), key=lambda index: -looks.expected[index])
        masks = [(looks.mask(index, match.mask), looks.expected[index]) for index in order]
        return [
            replace(_seen_as(picture, match, mask), score=min(max(expected, 0.0), 1.0))
            for mask, expected in masks
            if mask.cell_count
        ]

    def _better(self, picture: Picture, prompt: Prompt, match: Match) -> Match:
        """The match, with one of the eye's masks if that is the better one."""
        looks = [
            self._views.looks(picture.rgb, match.mask, prompt, logit) for logit in (FIRM, HINTED)
        ]
        masks = [each.mask(0, match.mask) for each in looks]
        held, hinted = (
            _opinion(each, mask, prompt) for each, mask in zip(looks, masks, strict=True)
        )
        case = Case(
            clicks=len(prompt.points),
            has_box=bool(prompt.boxes),
            model_holds=_holds(match.mask, prompt),
            model_sure=match.mask.score,
            model_fit=_fit(match.mask, prompt),
            held=held,
            hinted=hinted,
            steady=_iou(*(each.logits[0] > 0 for each in looks)),
        )
        choice = chosen(case)
        if choice is Choice.MODEL:
            return match
        return _seen_as(picture, match, masks[0 if choice is Choice.HELD else 1])


def _seen_as(picture: Picture, match: Match, mask: Mask) -> Match:
    """A match with another mask, and what the model sees under that."""
    features, downloads = picture.features, picture.family.downloads
    logits = mask.logits[None].to(features.class_map.device)
    embedding = pooled(features.class_map, logits)[0]
    looks = match.looks and downloads.later(looks_under(features, logits)[0])
    return replace(match, mask=mask, score=mask.score, embedding=embedding, looks=looks)


def _opinion(looks: Looks, mask: Mask, prompt: Prompt) -> Opinion:
    """What is known of the single answer, which is a mask."""
    return Opinion(
        holds=_holds(mask, prompt),
        agreement=_iou(looks.shown > _HALF, looks.logits[0] > 0),
        expected=looks.expected[0],
        sure=mask.score,
        fit=_fit(mask, prompt),
    )


def _holds(mask: Mask, prompt: Prompt) -> bool:
    """Whether every positive click lies in a mask, and no negative one."""
    return all(bool(mask.pixels[int(y), int(x)]) == bool(label) for x, y, label in prompt.points)


def _iou(one: Tensor, other: Tensor) -> float:
    """IoU of two (r, c) bool masks of a part; 0 when both are empty."""
    return int((one & other).sum()) / max(1, int((one | other).sum()))


def _fit(mask: Mask, prompt: Prompt) -> float:
    """IoU of the prompt's box and of the box around a mask; 0 where either is missing."""
    if not (prompt.boxes and mask.pixels.any()):
        return 0.0
    around, box = np.array(box_of(mask.pixels), float), np.array(prompt.boxes[0])
    shared = np.clip(np.minimum(around, box)[2:] - np.maximum(around, box)[:2], 0, None).prod()
    areas = [(each[2:] - each[:2]).prod() for each in (around, box)]
    return float(shared / (sum(areas) - shared))
