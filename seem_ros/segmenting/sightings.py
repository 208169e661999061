"""What the detector says of masks: names of what it sees there gain, of its other things lose."""

from __future__ import annotations

import torch
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.transfers import fetch
from seem_ros.segmenting.cut_out import seen_in
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.naming import Vocabulary
from seem_ros.segmenting.picture import Picture

_GAIN = 8.0  # logits of a sure detection whose box fits
_LOSS = 16.0  # of its other classes, by how much less sure it is of them
# Probability from which the ImageNet classifier agrees that something is an animal of a class: of
# 28 true ones on photographs none had less, a poppy, a mongoose and a monkey had.
_AGREED = 0.1
_ANIMALS = range(14, 24)  # classes of the detector
_SAME_PLACE = (0.5, 0.8)  # IoU of boxes from which a detection counts, and counts in full


class Sightings:
    """Adds to the logits of names what a detector sees, and takes from what it would have seen.

    The detector takes whatever has a head or petals for an animal: of those, what the ImageNet
    classifier does not see at all loses as well.

    Args:
        detector: that looks at the whole picture.
        recogniser: None where there is none.
    """

    def __init__(self, detector: Detector, recogniser: ImageRecogniser | None = None) -> None:
        self._detector, self._recogniser = detector, recogniser
        self._known: tuple[Vocabulary, Tensor] | None = None

    def gains(self, picture: Picture, mask: Mask, vocabulary: Vocabulary) -> Tensor:
        """Logits (K,) to add to the names of a vocabulary for a mask on a picture."""
        things = picture.seen_by(self._detector)
        fit = box_ious(torch.tensor(box_of(mask.enlarged)), things.boxes)
        least, full = _SAME_PLACE
        closeness = ((fit - least) / (full - least)).clamp(0, 1)
        seen = torch.zeros(self._detector.config.classes)
        seen.scatter_reduce_(0, things.classes, things.scores * closeness, "amax")
        gains = _GAIN * seen - _LOSS * (seen.max() - seen)
        if self._recogniser is not None and int(seen.argmax()) in _ANIMALS:
            gains -= _LOSS * self._doubted(self._recogniser, picture, mask)
        unknown = torch.zeros(1)  # to the detector: nothing speaks for or against it
        return torch.cat((gains, unknown))[self._classes_of(vocabulary)]

    def _doubted(self, recogniser: ImageRecogniser, picture: Picture, mask: Mask) -> Tensor:
        """Animals' classes (C,) bool that ImageNet has and its classifier does not see."""
        shown = seen_in(recogniser, picture, mask)
        doubted = torch.zeros(self._detector.config.classes, dtype=torch.bool)
        for row in _ANIMALS:
            known = recogniser.classes_of(self._detector.known_names[0][row])
            doubted[row] = bool(known.any()) and float(shown[known].sum()) < _AGREED
        return doubted

    def _classes_of(self, vocabulary: Vocabulary) -> Tensor:
        """Class (K,) int64 that each name means; one past the last for none."""
        if self._known is None or self._known[0] is not vocabulary:
            none = self._detector.config.classes
            (meanings,) = fetch(vocabulary.meanings)
            found = [self._detector.class_of(row) for row in meanings]
            rows = torch.tensor([none if row is None else row for row in found])
            self._known = vocabulary, rows
        return self._known[1]


def box_ious(box: Tensor, boxes: Tensor) -> Tensor:
    """IoU (N,) of a box (4,) x0, y0, x1, y1 with others (N, 4); 0 where both are empty."""
    low, high = torch.maximum(box[:2], boxes[:, :2]), torch.minimum(box[2:], boxes[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (box[2:] - box[:2]).prod()
    return shared / (areas - shared).clamp(min=1e-6)
