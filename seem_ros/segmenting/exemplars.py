"""Find what was shown in other pictures: an example, or a thing that an operator taught.

Each place of the picture is compared with the object's cells and with what was around it. Every
region that is more like the object is a candidate: it becomes the memory prompt of a question
with the object's tokens, and so gets an outline. What is under the outline is then compared the
other way round: every cell of the object should be found there again, in its colours. That tells
an object from others of its kind, which the tokens alone, asked directly, do not.

The first frames of sequences of DAVIS as examples, mean IoU in frames 10, 25 and the last (30
sequences of the training part, every second frame): by the tokens alone 0.67, 0.62 and 0.56, by
candidates 0.81, 0.78 and 0.72; with a click at the best place instead of a memory prompt 0.73,
0.71 and 0.66. With those refused that are not sure enough it is 0.78, 0.78 and 0.65.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.model.transfers import fetch
from seem_ros.prompts import Prompt
from seem_ros.segmenting.colouring import describe, similarity
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.memory import Remembered, keys_under, recalled, resemblances
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.regions import Region, regions_of

MOST_CANDIDATES = 6
_SURE = 0.05  # difference of cosines that counts as one logit, as in tracking/recall.py
_MOST_SURE = 5.0  # logits
_ELSEWHERE = -10.0  # logit
# How sure a candidate is the object, in logits, fitted on these 30 sequences: 90 later frames
# against 240 first frames of other sequences. Judged each time without the sequence asked about,
# 93 % of the absent lie below 0, which is not found, and 92 % of the present above. Recalled cells
# and colours separate best: area under the curve 0.963; cells alone 0.949, colours alone 0.953,
# nine features 0.959.
_BY_CELLS, _BY_COLOURS, _LEAST = 22.0, 18.5, 34.2
_MOST_UNLIKELY = 50.0  # logits
_NEARLY = 1.0  # logits by which a region may be less sure than the whole of which it is one
_ONE_THING = 0.5  # share of the smaller mask in another

Judged = tuple[float, Match]
"""How sure it is, in logits, that a match is the object."""


@torch.inference_mode()
def find_shown(picture: Picture, memories: Sequence[Remembered], text: str = "") -> list[Match]:
    """Find everything in a picture that looks like what is remembered, surest first.

    Args:
        picture: to look in.
        memories: views of one thing, those without cells are not used.
        text: words that describe it as well.

    Returns:
        Disjoint matches, each with its probability as the score; none where it is not in view.
    """
    views = [memory for memory in memories if memory.cells is not None]
    if not views:
        return []
    alike = _alike(picture, views)
    tokens = [view.tokens for view in views]
    large = cv2.resize(alike, picture.grid.shown[::-1])
    regions = regions_of(large > 0, MOST_CANDIDATES)
    asked = [
        Evidence(Prompt(text=text), _as_logits(picture, large, region), tokens)
        for region in regions
    ]
    found = _judged(picture, picture.pointed(asked), views)
    parted = [thing for pair in found for thing in _separate(picture, *pair, views)]
    things = _apart(parted)
    return [replace(match, score=_probability(sure)) for sure, match in things]


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen under a mask.

    Attributes:
        keys: (c, n) features of its cells.
        colours: see colouring.py.
    """

    keys: Tensor
    colours: np.ndarray

    def sureness(self, things: Sequence[Sequence[Remembered]]) -> list[float]:
        """How sure it is, in logits, that this is what is remembered of each thing."""
        cells, colours, owner = [], [], []
        for index, memories in enumerate(things):
            for memory in memories:
                if memory.cells is not None and memory.colours is not None:
                    cells.append(recalled(memory.cells, self.keys))
                    colours.append(similarity(memory.colours, self.colours))
                    owner.append(index)
        best = [-math.inf] * len(things)
        if cells:
            (shown,) = fetch(torch.stack(cells).float())
            for index, recall, alike in zip(owner, shown.tolist(), colours, strict=True):
                sure = _BY_CELLS * recall + _BY_COLOURS * alike - _LEAST
                best[index] = max(best[index], sure)
        return best

    def probabilities(self, things: Sequence[Sequence[Remembered]]) -> list[float]:
        """The same as probabilities."""
        return [_probability(sure) for sure in self.sureness(things)]


def seen_under(picture: Picture, match: Match) -> Seen:
    """Take what is seen under a match, whose mask is not empty."""
    maps = picture.family.place_maps(picture.features)
    pixels = match.mask.pixels
    return Seen(keys_under(maps, pixels, picture.grid.shown), describe(picture.rgb, pixels))


def _alike(picture: Picture, views: Sequence[Remembered]) -> np.ndarray:
    """How much more each place is like the object than like what was around it, (h, w)."""
    cells = [view.cells.without_equals() for view in views if view.cells is not None]
    maps, downloads = picture.family.place_maps(picture.features), picture.family.downloads
    return resemblances(maps, picture.grid.shown, [(cells, None)], downloads)[0]


def _as_logits(picture: Picture, alike: np.ndarray, region: Region) -> Tensor:
    """A region of a map (h, w) at stride 4 as the mask of a last round, on the padded grid."""
    rows, columns = alike.shape
    logits = np.full(picture.grid.cells, _ELSEWHERE, np.float32)
    own = np.clip(alike / _SURE, -_MOST_SURE, _MOST_SURE)
    logits[:rows, :columns] = np.where(region.mask | (alike <= 0), own, -_MOST_SURE)
    return torch.from_numpy(logits)


def _judged(
    picture: Picture, matches: Sequence[Match], views: Sequence[Remembered]
) -> list[Judged]:
    """Those matches that may be the object."""
    seen = [match for match in matches if match.mask.cell_count and match.mask.pixels.any()]
    judged = [(seen_under(picture, match).sureness([views])[0], match) for match in seen]
    return [(sure, match) for sure, match in judged if sure >= 0]


def _separate(
    picture: Picture, sure: float, match: Match, views: Sequence[Remembered]
) -> list[Judged]:
    """Take a match apart where its regions are several equal things, each like all of the object.

    Things that touch stay together: a click on one of them outlines all of them as well (horses,
    bananas and apples of four photographs).
    """
    regions = regions_of(match.mask.cells.numpy(), MOST_CANDIDATES)
    if len(regions) < 2:
        return [(sure, match)]
    parts = []
    for region in regions:
        inside = torch.from_numpy(region.mask)
        logits = match.mask.logits
        mask = Mask(torch.where(inside, logits, -logits.abs()), picture.grid)
        parts.append(replace(match, mask=mask))
    things = [pair for pair in _judged(picture, parts, views) if pair[0] >= sure - _NEARLY]
    return things if len(things) > 1 else [(sure, match)]


def _apart(judged: Sequence[Judged]) -> list[Judged]:
    """Those of which none is most of another, surest first."""
    kept: list[Judged] = []
    for sure, match in sorted(judged, key=lambda pair: -pair[0]):
        if not any(match.mask.overlap(other.mask) > _ONE_THING for _, other in kept):
            kept.append((sure, match))
    return kept


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(logit, -_MOST_UNLIKELY)))
