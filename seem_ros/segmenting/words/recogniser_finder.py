"""Find what words name by an ImageNet classifier, for words the semantic map does not know.

Where the classifier sees such a thing, clicks and a box find its outline; the classifier's
opinion of the outlined cut-out decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.transfers import fetch
from seem_ros.prompts import Prompt
from seem_ros.segmenting.cut_out import seen_in
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.regions import regions_of
from seem_ros.segmenting.words.finder import Word

MAX_REGIONS = 4
_LEAST_SEEN = 0.05  # probability of a cell below which the thing is not in view
_REGION = 0.3  # share of the best cell's probability that belongs to a region
_LEAST_SURE = 0.1  # product of the cut-out's probability and the mask's score
_AS_SURE = 0.7  # of the best one
_LEAST_AREA = 0.002  # of the picture
_TWICE = 0.85  # IoU of two outlines of one thing
_OVERLAP = 0.3  # of the smaller mask


class RecogniserFinder:
    """Looks for things of the classes that a word means."""

    settles = False

    def __init__(self, recogniser: ImageRecogniser) -> None:
        self._recogniser = recogniser

    def knows(self, word: Word) -> bool:
        """Whether ImageNet has something of that name."""
        return bool(self._recogniser.classes_of(word.meaning).any())

    def find(self, picture: Picture, word: Word) -> list[Match]:
        """Return disjoint matches, see :class:`Finder`."""
        wanted = self._recogniser.classes_of(word.meaning).nonzero().flatten()
        outlines = self._outlines(picture, self._seen(picture, wanted))
        judged = [(self._sureness(picture, match, wanted), match) for match in outlines]
        return _best_of(judged)

    def _seen(self, picture: Picture, wanted: Tensor) -> np.ndarray:
        """Probability of the wanted classes on the cells that show the picture, (h, w)."""
        classes = picture.seen_by(self._recogniser.everywhere)
        (cells,) = fetch(classes[..., wanted.to(classes.device)].sum(-1).float())
        return cv2.resize(cells.numpy(), picture.grid.shown[::-1], interpolation=cv2.INTER_CUBIC)

    def _outlines(self, picture: Picture, seen: np.ndarray) -> list[Match]:
        """Different masks of what is pointed out at the places where the things may be."""
        best = float(seen.max())
        if best < _LEAST_SEEN:
            return []
        prompts: list[Prompt] = []
        for region in regions_of(seen > max(_LEAST_SEEN, _REGION * best), MAX_REGIONS):
            inside = np.where(region.mask, seen, 0)
            prompts += _pointing_out(inside, region.centre, picture.grid)
        kept: list[Match] = []
        for match in picture.pointed([Evidence(prompt) for prompt in prompts]):
            large = float(match.mask.cells.float().mean()) >= _LEAST_AREA
            if large and not any(match.mask.iou(other.mask) > _TWICE for other in kept):
                kept.append(match)
        return kept

    def _sureness(self, picture: Picture, match: Match, wanted: Tensor) -> float:
        """Probability that the cut-out of a mask shows what is wanted."""
        shown = seen_in(self._recogniser, picture, match.mask)
        return float(shown[wanted].sum())


def _pointing_out(seen: np.ndarray, centre: tuple[float, float], grid: Grid) -> list[Prompt]:
    """A click where a region (h, w) is brightest, with one in its middle, with its box."""
    row, column = np.unravel_index(int(seen.argmax()), seen.shape)
    left, top, right, bottom = box_of(seen > 0)
    places = [(column + 0.5, row + 0.5), centre, (left, top), (right, bottom)]
    (x, y), (middle_x, middle_y), low, high = grid.to_pixels(places).tolist()
    peak, middle, box = (x, y, 1), (middle_x, middle_y, 1), (low[0], low[1], high[0], high[1])
    return [
        Prompt(points=(peak,)),
        Prompt(points=(peak, middle)),
        Prompt(points=(peak,), boxes=(box,)),
    ]


def _best_of(judged: Sequence[tuple[float, Match]]) -> list[Match]:
    """The surest of matches with their probability, nearly as sure ones beside it."""
    ranked = sorted(
        ((sureness * match.score, sureness, match) for sureness, match in judged),
        key=lambda row: -row[0],
    )
    least = max([_LEAST_SURE, *(_AS_SURE * value for value, _, _ in ranked[:1])])
    kept: list[Match] = []
    for value, sureness, match in ranked:
        double = any(match.mask.overlap(other.mask) > _OVERLAP for other in kept)
        if value >= least and not double:
            kept.append(match.scored(min(1.0, 0.5 + sureness)))
    return kept
