"""Find what words name by a detector of everyday things; boxes find the outlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seem_ros.model.helpers.detector import Detections, Detector
from seem_ros.prompts import Prompt
from seem_ros.segmenting.requests import EncodedImage, Match, Request, overlap

MAX_THINGS = 20
_LEAST = 0.2  # score of a detection below which the thing is not in view
_AS_SURE = 0.4  # of the best one of its class
_ONE_THING = 0.7  # share of the smaller mask that lies in a surer one

Spatial = Callable[[EncodedImage, Sequence[Request]], list[Match]]


class Detection:
    """Looks for things of the class that a text means.

    Args:
        detector: knows classes and boxes.
        spatial: answers boxes.
    """

    def __init__(self, detector: Detector, spatial: Spatial) -> None:
        self._detector, self._spatial = detector, spatial

    def find(self, image: EncodedImage, meaning: Tensor) -> list[Match] | None:
        """Find all things that a text means, surest first.

        Args:
            image: the picture.
            meaning: (W,) sentence embedding of the text.

        Returns:
            Matches; None where the detector has no such class.
        """
        wanted = self._detector.class_of(meaning)
        if wanted is None:
            return None
        things = things_in(image, self._detector)
        scores = torch.where(things.classes == wanted, things.scores, 0)
        least = max([_LEAST, *(_AS_SURE * scores).tolist()])
        rows = (scores >= least).nonzero().flatten()[:MAX_THINGS].tolist()
        if not rows:
            return []
        boxes = [things.boxes[row].tolist() for row in rows]
        matches = self._spatial(image, [Request(Prompt(boxes=(tuple(b),))) for b in boxes])
        kept: list[Match] = []
        for row, match in zip(rows, matches, strict=True):
            seen = bool((match.logits > 0).any())
            if seen and not any(overlap(match, other) > _ONE_THING for other in kept):
                match.score *= min(1.0, 0.5 + float(scores[row]))
                kept.append(match)
        return kept


def things_in(image: EncodedImage, detector: Detector) -> Detections:
    """Everything that the detector sees in a picture, looked for once."""
    if image.things is None:
        image.things = detector(torch.tensor(image.rgb))
    return image.things
