"""Find what words name by an ImageNet classifier, for words the semantic map does not know.

Where the classifier sees such a thing, clicks and a box find its outline; the classifier's
opinion of the outlined cut-out decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import box_of, iou
from seem_ros.model.helpers.recogniser import Recogniser
from seem_ros.prompt_planes import STRIDE, input_geometry
from seem_ros.prompts import Prompt
from seem_ros.segmenting.regions import regions_of
from seem_ros.segmenting.requests import EncodedImage, Match, Request, overlap

MAX_REGIONS = 4
_LEAST_SEEN = 0.05  # probability of a cell below which the thing is not in view
_REGION = 0.3  # share of the best cell's probability that belongs to a region
_LEAST_SURE = 0.1  # product of the cut-out's probability and the mask's score
_AS_SURE = 0.7  # of the best one
_MARGIN = 0.15  # of the box, kept around a cut-out
_LEAST_AREA = 0.002  # of the picture
_TWICE = 0.85  # IoU of two outlines of one thing
_OVERLAP = 0.3  # of the smaller mask

Spatial = Callable[[EncodedImage, Sequence[Request]], list[Match]]


class Recognition:
    """Looks for things of the classes that a text means.

    Args:
        recogniser: the classifier.
        spatial: answers clicks and boxes.
    """

    def __init__(self, recogniser: Recogniser, spatial: Spatial) -> None:
        self._recogniser, self._spatial = recogniser, spatial

    def find(self, image: EncodedImage, meaning: Tensor) -> list[Match]:
        """Find all things that a text means, surest first.

        Args:
            image: the picture.
            meaning: (W,) sentence embedding of the text.

        Returns:
            Disjoint matches; none where ImageNet has no such class or none is in view.
        """
        wanted = self._recogniser.classes_of(meaning)
        if not bool(wanted.any()):
            return []
        outlines = self._outlines(image, self._seen(image, wanted))
        judged = [(self._sureness(image, match, wanted), match) for match in outlines]
        return _best_of(judged)

    def _seen(self, image: EncodedImage, wanted: Tensor) -> np.ndarray:
        """Probability of the wanted classes on the stride-4 grid of the picture, (h, w)."""
        if image.classes is None:
            image.classes = self._recogniser.everywhere(torch.tensor(image.rgb))
        cells = image.classes[..., wanted].sum(-1).float().cpu().numpy()
        rows, columns = (-(-side // STRIDE) for side in image.geometry.resized)
        return cv2.resize(cells, (columns, rows), interpolation=cv2.INTER_CUBIC)

    def _outlines(self, image: EncodedImage, seen: np.ndarray) -> list[Match]:
        """Different masks of what is pointed out at the places where the things may be."""
        best = float(seen.max())
        if best < _LEAST_SEEN:
            return []
        geometry = input_geometry(image.geometry)
        step = np.array([STRIDE / geometry.scale_x, STRIDE / geometry.scale_y])
        requests = []
        for region in regions_of(seen > max(_LEAST_SEEN, _REGION * best), MAX_REGIONS):
            prompts = _pointing_out(np.where(region.mask, seen, 0), region.centre, step)
            requests += [Request(prompt) for prompt in prompts]
        kept: list[Match] = []
        for match in self._spatial(image, requests) if requests else []:
            large = float((match.logits > 0).float().mean()) >= _LEAST_AREA
            if large and not any(_same(match, other) for other in kept):
                kept.append(match)
        return kept

    def _sureness(self, image: EncodedImage, match: Match, wanted: Tensor) -> float:
        """Probability that the cut-out of a mask shows what is wanted."""
        geometry = input_geometry(image.geometry)
        x0, y0, x1, y1 = box_of((match.logits > 0).cpu().numpy())
        extra_x, extra_y = _MARGIN * (x1 - x0), _MARGIN * (y1 - y0)
        left, right = (
            int(np.clip(x * STRIDE / geometry.scale_x, 0, image.rgb.shape[1]))
            for x in (x0 - extra_x, x1 + extra_x)
        )
        top, bottom = (
            int(np.clip(y * STRIDE / geometry.scale_y, 0, image.rgb.shape[0]))
            for y in (y0 - extra_y, y1 + extra_y)
        )
        if right - left < 2 or bottom - top < 2:
            return 0.0
        cut_out = torch.tensor(image.rgb[top:bottom, left:right])
        return float(self._recogniser.whole(cut_out)[wanted].sum())


def _pointing_out(seen: np.ndarray, centre: tuple[float, float], step: np.ndarray) -> list[Prompt]:
    """A click where a region (h, w) is brightest, with one in its middle, with its box."""
    row, column = np.unravel_index(int(seen.argmax()), seen.shape)
    x, y = (np.array([column, row]) + 0.5) * step
    middle_x, middle_y = np.array(centre) * step
    left, top, right, bottom = box_of(seen > 0)
    corners = (np.array([[left, top], [right, bottom]]) * step).ravel()
    box = (float(corners[0]), float(corners[1]), float(corners[2]), float(corners[3]))
    peak, middle = (float(x), float(y), 1), (float(middle_x), float(middle_y), 1)
    return [
        Prompt(points=(peak,)),
        Prompt(points=(peak, middle)),
        Prompt(points=(peak,), boxes=(box,)),
    ]


def _best_of(judged: Sequence[tuple[float, Match]]) -> list[Match]:
    """The surest of matches with their probability, nearly as sure ones beside it."""
    ranked = sorted(
        ((sureness * match.score, match) for sureness, match in judged), key=lambda pair: -pair[0]
    )
    for sureness, match in judged:
        match.score *= min(1.0, 0.5 + sureness)
    least = max([_LEAST_SURE, *(_AS_SURE * value for value, _ in ranked[:1])])
    kept: list[Match] = []
    for value, match in ranked:
        if value >= least and not any(overlap(match, other) > _OVERLAP for other in kept):
            kept.append(match)
    return kept


def _same(first: Match, second: Match) -> bool:
    masks = [(match.logits > 0).cpu().numpy() for match in (first, second)]
    return iou(masks[0], masks[1]) > _TWICE
