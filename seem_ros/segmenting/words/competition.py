"""Explanations compete: what is answered for a word must not be better explained otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.instances import box_of
from seem_ros.model.helpers.detector import Detections, Detector
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.transfers import fetch
from seem_ros.segmenting.cut_out import seen_in
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.sightings import box_ious
from seem_ros.segmenting.words.finder import Word
from seem_ros.segmenting.words.map_finder import MapFinder

_OTHER_MEANING = 0.4  # cosine of sentences below which a class is something else than a word
_SEEN = 0.02  # score times fit of a detection below which a detector sees nothing there
# How likely it is, in logits, that a match is one thing of a class of the detector: by the
# logarithm of what its detections say for the class, by what they say for others, by the score
# of the mask and by the logarithm of its share of the picture. Fitted on the matches of 688 words,
# absent ones among them, on the training part of photos_coco.
_BY_CLASS, _BY_OTHERS, _BY_MASK, _BY_AREA, _ANYHOW = 2.24, -2.86, 2.06, 0.27, 3.5
_LEAST_LIKELY = 0.5
_LEAST_UNLIKE = 0.7  # where another class is likelier and the map sees no such thing
_SURE = 0.35  # score times fit of a detection that settles what a thing is
# Of matches that tie in their scores, the map's best says how far others may trail it there, and
# from which share of the best score they tie. It tells kinds better than things: mugs from cups.
_TIES = (3.5, 0.97)  # of a class's own name
_TIES_OF_OTHERS = (1.8, 0.9)
_UNSEEN = -2.0  # logit against the background from which the map sees something like a word
_CLASSIFIED = 0.8  # probability of a class of ImageNet that settles what a cut-out shows
_ELSE = 0.4  # cosine below which such a class is something else than a word
_PERSON = 0  # class of the detector: people are taken for what they wear
_CLEAR_LEAD = 0.5  # on the map, of a word that needs no other support
_ALONE_LEAD = 1.6  # the same where a detector sees nothing: below it most answers were wrong
_NOTHING = -6.0  # logit of a word against the background below which there is no such thing


class Competition:
    """Drops matches that are something else.

    A detector's opinion is its score times how well its box fits the mask's. Of a word that it
    knows, what is likelier wrong than right goes; of any other word, what it surely takes for
    something else, unless the semantic map clearly speaks for the word.

    Args:
        semantic_map: tells how much better a word fits a mask than other names do.
        detector: None where there is none; then the map alone is heard.
        recogniser: None where there is none.
    """

    def __init__(
        self,
        semantic_map: MapFinder,
        detector: Detector | None = None,
        recogniser: ImageRecogniser | None = None,
    ) -> None:
        self._map, self._detector, self._recogniser = semantic_map, detector, recogniser

    def survivors(self, picture: Picture, word: Word, matches: Sequence[Match]) -> list[Match]:
        """The matches that nothing known explains better than the word, in their order.

        Of a word that the detector knows, each is as sure as it is likely to be right.
        They are nearly as good as the surest one, too, of ties the one that the map explains
        best: beside a mug, a bowl is no mug.
        """
        said = self._map.under(picture, word, [match.mask for match in matches])
        judged = [
            (self._judged(picture, word, match, verdict), verdict[1])
            for match, verdict in zip(matches, said, strict=True)
        ]
        left = [
            (match, lead)
            for match, lead in judged
            if match is not None and not self._shows_else(picture, word, match)
        ]
        if len(left) < 2:
            return [match for match, _ in left]
        spread, as_sure = _TIES if self._is_own_name(word) else _TIES_OF_OTHERS
        sure = as_sure * max(match.score for match, _ in left)
        least = max(lead for match, lead in left if match.score >= sure) - spread
        return [match for match, lead in left if lead >= least]

    def _is_own_name(self, word: Word) -> bool:
        return self._detector is not None and self._detector.is_own_name(word.meaning)

    def clear(self, picture: Picture, word: Word, matches: Sequence[Match]) -> list[Match]:
        """The matches of the map that count though a detector that knows the word sees nothing."""
        said = self._map.under(picture, word, [match.mask for match in matches])
        return [m for m, (_, lead) in zip(matches, said, strict=True) if lead >= _ALONE_LEAD]

    def _judged(
        self, picture: Picture, word: Word, match: Match, said: tuple[float, float]
    ) -> Match | None:
        """A match as likely as it is, None for what is something else."""
        over_background, lead = said
        if self._detector is None:
            return match if over_background > _NOTHING else None
        things = picture.seen_by(self._detector)
        fits, classes = _fits(match, things), things.classes
        wanted = self._detector.class_of(word.meaning)
        if wanted is None:
            other = _best(fits[_means_otherwise(self._detector, word)[classes]])
            stays = over_background > _NOTHING and (other < _SURE or lead > _CLEAR_LEAD)
            return match if stays else None
        own, other = _best(fits[classes == wanted]), _best(fits[classes != wanted])
        if own < _SEEN:
            return match if lead > _ALONE_LEAD else None
        likely = _likelihood(match, own, other)
        unlike = other > own and over_background < _UNSEEN
        least = _LEAST_UNLIKE if unlike else _LEAST_LIKELY
        return replace(match, score=likely) if likely >= least else None

    def _shows_else(self, picture: Picture, word: Word, match: Match) -> bool:
        """Whether the ImageNet classifier is sure that a match is something else."""
        if self._detector is None or self._recogniser is None:
            return False
        if self._detector.class_of(word.meaning) == _PERSON:
            return False
        sure, best = seen_in(self._recogniser, picture, match.mask).max(0)
        if float(sure) < _CLASSIFIED:
            return False
        (meaning,) = fetch(self._recogniser.class_meanings[best].float())
        return float(meaning @ F.normalize(word.meaning, dim=0)) < _ELSE


def _likelihood(match: Match, own: float, other: float) -> float:
    """How likely it is that a match is one thing of a class, by what a detector says of it."""
    area = float(match.mask.enlarged.mean())
    logit = _BY_CLASS * math.log(own + 0.05) + _BY_OTHERS * other + _BY_MASK * match.mask.score
    return 1 / (1 + math.exp(-(logit + _BY_AREA * math.log(area + 1e-4) + _ANYHOW)))


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
