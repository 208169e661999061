"""Where an operator insists, a second eye looks at the part of the picture that is meant.

It reads a square around the mask and the prompts at a size of its own, mostly once for several
rounds, and answers with all clicks, the box and the model's mask as prompts. The mean of both
becomes the answer: either alone takes a part or a group for the thing now and then, both seldom
the same one (docs/research/nano.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seem_ros.model.helpers.mask_decoder import ANSWERS
from seem_ros.model.helpers.second_eye import SecondEye
from seem_ros.model.semantic_map import pooled
from seem_ros.prompts import Prompt
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.eye_view import EyeViews
from seem_ros.segmenting.likeness import looks_under
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture

_OF_BOX = 0.6  # the eye's share in the mean where nobody clicks
_OF_CLICKS = (0.5, 0.6, 0.65, 0.7)  # with two clicks, three, four, more: it is held to them


class SecondLook:
    """Lets the eye answer what a model answered, and say what else may be meant.

    Args:
        eye: on its device.
    """

    def __init__(self, eye: SecondEye) -> None:
        self._views = EyeViews(eye)

    def again(
        self, picture: Picture, evidence: Sequence[Evidence], answers: Sequence[list[Match]]
    ) -> list[list[Match]]:
        """Answer boxes and corrections with the mean of the eye's mask and the model's."""
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
        looks = self._views.looks(picture.rgb, match.mask, prompt, mask_logit=0)
        order = sorted(range(1, ANSWERS), key=lambda index: -looks.expected[index])
        masks = [(looks.mask(index, match.mask), looks.expected[index]) for index in order]
        return [
            replace(_seen_as(picture, match, mask), score=min(max(expected, 0.0), 1.0))
            for mask, expected in masks
            if mask.cell_count
        ]

    def _better(self, picture: Picture, prompt: Prompt, match: Match) -> Match:
        """The match with the mean of both masks, unless clicks speak against that."""
        looks = self._views.looks(picture.rgb, match.mask, prompt)
        mask = looks.mean(match.mask, _share(prompt))
        worse = _holds(match.mask, prompt) and not _holds(mask, prompt)
        return match if worse or not mask.cell_count else _seen_as(picture, match, mask)


def _seen_as(picture: Picture, match: Match, mask: Mask) -> Match:
    """A match with another mask, and what the model sees under that."""
    features, downloads = picture.features, picture.family.downloads
    logits = mask.logits[None].to(features.class_map.device)
    embedding = pooled(features.class_map, logits)[0]
    looks = match.looks and downloads.later(looks_under(features, logits)[0])
    return replace(match, mask=mask, score=mask.score, embedding=embedding, looks=looks)


def _share(prompt: Prompt) -> float:
    """How much the eye counts, 0..1."""
    clicks = len(prompt.points)
    return _OF_CLICKS[min(max(clicks, 2), 5) - 2] if clicks else _OF_BOX


def _holds(mask: Mask, prompt: Prompt) -> bool:
    """Whether every positive click lies in a mask, and no negative one."""
    return all(bool(mask.pixels[int(y), int(x)]) == bool(label) for x, y, label in prompt.points)
