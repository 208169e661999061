"""What the detector says of masks: the names of what it sees in their place gain."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.postprocess import original_masks
from seem_ros.model.seem import Seem
from seem_ros.segmenting.detection import things_in
from seem_ros.segmenting.naming import Namer, meanings
from seem_ros.segmenting.requests import EncodedImage, Match, Request

_GAIN = 8.0  # logits of a sure detection whose box fits
_SAME_PLACE = (0.5, 0.8)  # IoU of boxes from which a detection counts, and counts in full


class Sightings:
    """Adds to the logits of names what a detector sees.

    Args:
        model: with a detector.
        namer: its vocabulary.
    """

    def __init__(self, model: Seem, namer: Namer) -> None:
        self._model, self._namer = model, namer
        self._classes: tuple[tuple[str, ...], Tensor] | None = None

    def gains(self, image: EncodedImage, match: Match) -> Tensor:
        """Logits (K,) to add for a match on a picture to those of the vocabulary's names."""
        things = things_in(image, self._model.detector)
        mask = original_masks(match.logits[None], image.geometry)[0]
        fit = box_ious(torch.tensor(box_of(mask.cpu().numpy())), things.boxes.cpu())
        least, full = _SAME_PLACE
        closeness = ((fit - least) / (full - least)).clamp(0, 1)
        seen = torch.zeros(self._model.config.detector.classes + 1)
        seen.scatter_reduce_(0, things.classes.cpu(), things.scores.cpu() * closeness, "amax")
        return _GAIN * seen[self._classes_of_names()]

    def _classes_of_names(self) -> Tensor:
        """Class (K,) int64 that each name of the vocabulary means; one past the last for none."""
        names, none = self._namer.names, self._model.config.detector.classes
        if self._classes is None or self._classes[0] is not names:
            found = [self._model.detector.class_of(row) for row in meanings(self._model, names)]
            rows = torch.tensor([none if row is None else row for row in found])
            self._classes = names, rows
        return self._classes[1]


def names_of(
    namer: Namer,
    sightings: Sightings | None,
    image: EncodedImage,
    requests: Sequence[Request],
    answers: Sequence[Sequence[Match]],
) -> list[tuple[str, float]]:
    """Class names and their probabilities for the matches of all requests, in order.

    The detector is asked about what somebody points at, not about what memory looks for in
    every frame.
    """
    pairs = zip(requests, answers, strict=True)
    found = [(request, match) for request, matches in pairs for match in matches]
    if not found:
        return []
    gains = [
        sightings.gains(image, match) if sightings and request.is_pointed else None
        for request, match in found
    ]
    return namer([match.embedding for _, match in found], gains)


def box_ious(box: Tensor, boxes: Tensor) -> Tensor:
    """IoU (N,) of a box (4,) x0, y0, x1, y1 with others (N, 4); 0 where both are empty."""
    low, high = torch.maximum(box[:2], boxes[:, :2]), torch.minimum(box[2:], boxes[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (box[2:] - box[:2]).prod()
    return shared / (areas - shared).clamp(min=1e-6)
