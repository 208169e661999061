"""Explanations compete: what is answered for a word must not be better explained otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.instances import box_of
from seem_ros.model.helpers.detector import Detections, Detector
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.sightings import box_ious
from seem_ros.segmenting.words.finder import Word
from seem_ros.segmenting.words.map_finder import MapFinder

_OTHER_MEANING = 0.4  # cosine of sentences below which a class is something else than a word
_CLEARLY = 1.5  # times as well explained: ties stay, so that a cup may be a mug
_SURE = 0.35  # score times fit of a detection that settles what a thing is
_SPREAD = 2.2  # of leads on the map: photographs were no worse with 2 to 4
_AS_SURE = 0.97  # of the surest match's score: those tie with it
_CLEAR_LEAD = 0.5  # on the map, of a word that needs no other support
_ALONE_LEAD = 1.6  # the same where a detector sees nothing: below it most answers were wrong
_NOTHING = -6.0  # logit of a word against the background below which there is no such thing


class Competition:
    """Drops matches that are something else.

    A detector's opinion is its score times how well its box fits the mask's. Of a word that it
    knows, another class wins where it is clearly likelier; of any other word, where it is sure
    and the semantic map does not clearly speak for the word.

    Args:
        semantic_map: tells how much better a word fits a mask than other names do.
        detector: None where there is none; then the map alone is heard.
    """

    def __init__(self, semantic_map: MapFinder, detector: Detector | None = None) -> None:
        self._map, self._detector = semantic_map, detector

    def survivors(self, picture: Picture, word: Word, matches: Sequence[Match]) -> list[Match]:
        """The matches that nothing known explains better than the word, in their order.

        They are nearly as good as the surest one, too, of ties the one that the map explains
        best: beside a cup, a bowl is no cup.
        """
        said = self._map.under(picture, word, [match.mask for match in matches])
        left = [
            (match, verdict[1])
            for match, verdict in zip(matches, said, strict=True)
            if self._survives(picture, word, match, verdict)
        ]
        if len(left) < 2:
            return [match for match, _ in left]
        sure = _AS_SURE * max(match.score for match, _ in left)
        least = max(lead for match, lead in left if match.score >= sure) - _SPREAD
        return [match for match, lead in left if lead >= least]

    def clear(self, picture: Picture, word: Word, matches: Sequence[Match]) -> list[Match]:
        """The matches of the map that count though a detector that knows the word sees nothing."""
        said = self._map.under(picture, word, [match.mask for match in matches])
        return [m for m, (_, lead) in zip(matches, said, strict=True) if lead >= _ALONE_LEAD]

    def _survives(
        self, picture: Picture, word: Word, match: Match, said: tuple[float, float]
    ) -> bool:
        over_background, lead = said
        if self._detector is None:
            return over_background > _NOTHING
        things = picture.seen_by(self._detector)
        fits, classes = _fits(match, things), things.classes
        wanted = self._detector.class_of(word.meaning)
        if wanted is not None:
            own, other = _best(fits[classes == wanted]), _best(fits[classes != wanted])
            return other <= _CLEARLY * own or (not own and lead > _CLEAR_LEAD)
        other = _best(fits[_means_otherwise(self._detector, word)[classes]])
        return over_background > _NOTHING and (other < _SURE or lead > _CLEAR_LEAD)


def _means_otherwise(detector: Detector, word: Word) -> Tensor:
    """Which classes (N,) of a detector mean something else than a word."""
    meanings, classes = detector.known_names
    alike = meanings @ F.normalize(word.meaning, dim=0)
    best = torch.full((detector.config.classes,), -1.0)
    best.scatter_reduce_(0, classes, alike, "amax")
    return best < _OTHER_MEANING


def _fits(match: Match, things: Detections) -> Tensor:
    """How well each detection (N,) explains a match, 0..1."""
    box = torch.tensor(box_of(match.mask.enlarged))
    return things.scores * box_ious(box, things.boxes)


def _best(fits: Tensor) -> float:
    return float(fits.max()) if len(fits) else 0.0
