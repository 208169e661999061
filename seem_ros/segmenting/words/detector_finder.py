"""Find what words name by a detector of everyday things; boxes find the outlines."""

from __future__ import annotations

from dataclasses import replace

import torch

from seem_ros.model.helpers.detector import Detector
from seem_ros.prompts import Prompt
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.finder import Word

MAX_THINGS = 20
_LEAST = 0.1  # score of a detection below which the thing is not in view
_AS_SURE = 0.2  # of the best one of its class
_ONE_THING = 0.7  # share of the smaller mask that lies in a surer one


class DetectorFinder:
    """Looks for things of the class that a word means."""

    settles = True

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def knows(self, word: Word) -> bool:
        """Whether it has such a class."""
        return self._detector.class_of(word.meaning) is not None

    def find(self, picture: Picture, word: Word) -> list[Match]:
        """See :class:`Finder`."""
        wanted = self._detector.class_of(word.meaning)
        things = picture.seen_by(self._detector)
        scores = torch.where(things.classes == wanted, things.scores, 0)
        least = max([_LEAST, *(_AS_SURE * scores).tolist()])
        rows = (scores >= least).nonzero().flatten()[:MAX_THINGS].tolist()
        prompts = [Prompt(boxes=(things.boxes[row].tolist(),)) for row in rows]
        matches = picture.pointed([Evidence(prompt) for prompt in prompts])
        kept: list[Match] = []
        for row, prompt, match in zip(rows, prompts, matches, strict=True):
            double = any(match.mask.overlap(other.mask) > _ONE_THING for other in kept)
            if match.mask.cell_count and not double:
                sure = match.score * min(1.0, 0.5 + float(scores[row]))
                kept.append(replace(match, score=sure, box=prompt.boxes[0]))
        return kept
