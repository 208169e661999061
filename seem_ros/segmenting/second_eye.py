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
from seem_ros.model.semantic_map import pooled
from seem_ros.prompts import Prompt
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.eye_view import EyeViews
from seem_ros.segmenting.likeness import looks_under
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture

_OF_BOX = 0.7  # the eye's share in the mean where nobody clicks
_MOST_OUTLINED = 6  # matches of a word
_OF_CLICKS = (0.7, 0.8, 0.85, 0.9)  # with two clicks, three, four, more: it is held to them


class SecondLook:
    """Lets the eye answer what a model answered, and say what else may be meant.

    Args:
        views: what the eye looked at last.
    """

    def __init__(self, views: EyeViews) -> None:
        self._views = views

    def again(
        self, picture: Picture, evidence: Sequence[Evidence], answers: Sequence[list[Match]]
    ) -> list[list[Match]]:
        """Answer boxes, corrections and words with the mean of the eye's mask and the model's."""
        rows = zip(evidence, answers, strict=True)
        return [self._looked_at(picture, each, row) for each, row in rows]

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

    def _looked_at(self, picture: Picture, asked: Evidence, row: list[Match]) -> list[Match]:
        """The answer to one question."""
        if asked.is_insisted:
            return [self._better(picture, asked.prompt, match) for match in row]
        if asked.is_said:
            first = [self._outlined(picture, match) for match in row[:_MOST_OUTLINED]]
            return [*first, *row[_MOST_OUTLINED:]]
        return row

    def _outlined(self, picture: Picture, match: Match) -> Match:
        """A match of words, as sure as before, outlined by the box in which a detector saw it."""
        if match.box is None:
            return match
        better = self._better(picture, Prompt(boxes=(match.box,)), match)
        return replace(better, score=match.score)

    def _better(self, picture: Picture, prompt: Prompt, match: Match) -> Match:
        """The match with the mean of both masks, unless clicks speak against that."""
        looks = self._views.looks(picture.rgb, match.mask, prompt)
        mask = looks.mean(match.mask, share_of(prompt))
        worse = _holds(match.mask, prompt) and not _holds(mask, prompt)
        return match if worse or not mask.cell_count else _seen_as(picture, match, mask)


def _seen_as(picture: Picture, match: Match, mask: Mask) -> Match:
    """A match with another mask, and what the model sees under that."""
    features, downloads = picture.features, picture.family.downloads
    logits = mask.logits[None].to(features.class_map.device)
    embedding = pooled(features.class_map, logits)[0]
    looks = match.looks and downloads.later(looks_under(features, logits)[0])
    return replace(match, mask=mask, score=mask.score, embedding=embedding, looks=looks)


def share_of(prompt: Prompt) -> float:
    """How much the eye counts in the mean, 0..1."""
    clicks = len(prompt.points)
    return _OF_CLICKS[min(max(clicks, 2), 5) - 2] if clicks else _OF_BOX


def _holds(mask: Mask, prompt: Prompt) -> bool:
    """Whether every positive click lies in a mask, and no negative one."""
    return all(bool(mask.pixels[int(y), int(x)]) == bool(label) for x, y, label in prompt.points)
