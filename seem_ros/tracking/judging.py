"""Which answers can be the instances they were asked for, and what each of them gets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.colouring import describe
from seem_ros.tracking import identity
from seem_ros.tracking.asking import Attempt
from seem_ros.tracking.continuity import bound, cut_to
from seem_ros.tracking.frames import NewestFrame
from seem_ros.tracking.pieces import one_thing
from seem_ros.tracking.recall import mean_under
from seem_ros.tracking.track import LEAST_AREA, Track

# Likeness in colour, and of the model's own features, below which a mask is not the instance: the
# latter raised the mean J of three clips from 0.69 to 0.78.
_LEAST_SIMILARITY, _LEAST_LIKENESS = 0.3, 0.6
# The same that a lost instance needs to come back; features 0.85 before two places were tried.
_REFIND_SIMILARITY, _REFIND_LIKENESS = 0.7, 0.7
_REFIND_MARGIN = 0.0  # more like the instance than like what was around it, in cosines
_ALIKE_ENOUGH = 0.8  # likeness in colour that does not lower the confidence
_SHOWN_ENOUGH = 0.5  # the same, to what an operator showed: light and view change over time


@dataclass(frozen=True, eq=False)
class Claim:
    """An answer that can be the instance.

    Attributes:
        attempt: what was asked.
        answer: what the model said.
        likeness: of its colours to the memory, 0..1.
        shown_likeness: of its colours to what an operator showed, 0..1.
        rank: among other answers about the same instance.
        mask: (H, W) bool of the answer, what is left to this instance.

    """

    attempt: Attempt
    answer: Segmentation
    likeness: float
    rank: float
    mask: np.ndarray
    shown_likeness: float = 1.0

    @property
    def confidence(self) -> float:
        """Score of the mask, lowered where it does not look like the instance."""
        shown = min(1.0, self.shown_likeness / _SHOWN_ENOUGH)
        return float(self.answer.score) * min(1.0, self.likeness / _ALIKE_ENOUGH) * shown


def judged(attempt: Attempt, answer: Segmentation, frame: NewestFrame) -> Claim | None:
    """Return an answer that can be the instance: big enough, and looking like it; else None."""
    memory, expected = attempt.track.memory, attempt.expected
    if expected is not None:
        answer = bound(answer, expected.result, expected.weight, expected.reach)
    elif len(answer.objects) > 1:
        answer = _best_object(answer, attempt.track, frame.rgb)
    if not answer.found or np.count_nonzero(answer.mask) < LEAST_AREA:
        return None
    if not attempt.track.scattered:
        thing = one_thing(answer.mask, attempt.alike)
        answer = answer if thing is answer.mask else cut_to(answer, thing)
    if np.count_nonzero(answer.mask) < LEAST_AREA:
        return None
    looks = describe(frame.rgb, answer.mask)
    likeness, shown = memory.likeness(looks), memory.prompted_likeness(looks)
    # What the tracker took for the instance itself is not enough to bring it back.
    known = memory.prompted_tokens if expected is None else memory.tokens
    felt = frame.model.likeness(answer, known)
    if not _looks_right(attempt, answer.mask, likeness, felt):
        return None
    return Claim(attempt, answer, likeness, felt * float(answer.score), answer.mask, shown)


def _looks_right(attempt: Attempt, mask: np.ndarray, likeness: float, felt: float) -> bool:
    """Tell whether colours and features under an (H, W) mask allow it to be the instance."""
    if attempt.expected is not None:
        return likeness >= _LEAST_SIMILARITY and felt >= _LEAST_LIKENESS
    if likeness < _REFIND_SIMILARITY or felt < _REFIND_LIKENESS:
        return False
    return attempt.alike is None or mean_under(attempt.alike, mask) >= _REFIND_MARGIN


def looks_like_shown(answer: Segmentation, track: Track, frame: NewestFrame) -> bool:
    """Tell whether colours or features of an answer are those of what an operator showed."""
    likeness = track.memory.prompted_likeness(describe(frame.rgb, answer.mask))
    felt = frame.model.likeness(answer, track.memory.prompted_tokens)
    return likeness >= _LEAST_SIMILARITY or felt >= _LEAST_LIKENESS


def _best_object(answer: Segmentation, track: Track, rgb: np.ndarray) -> Segmentation:
    """Return the match that looks most like the instance, as a segmentation of its own."""
    seen = [item for item in answer.objects if item.mask.any()]
    if not seen:
        return answer
    best = max(seen, key=lambda item: track.memory.likeness(describe(rgb, item.mask)))
    return Segmentation.from_object(best)


def best_places(claims: Sequence[Claim]) -> list[Claim]:
    """Return one claim for each instance: the one that was answered best."""
    best: dict[int, Claim] = {}
    for claim in claims:
        other = best.get(claim.attempt.track.id)
        if other is None or claim.rank > other.rank:
            best[claim.attempt.track.id] = claim
    return list(best.values())


def separated(claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims without impostors, and every pixel left to one instance only."""
    expected = [claim.attempt.expected for claim in claims]
    slipped = identity.impostors(
        [claim.mask for claim in claims],
        [None if e is None else e.result.mask for e in expected],
        [claim.likeness for claim in claims],
    )
    seen = [claim for index, claim in enumerate(claims) if index not in slipped]
    before = [_coast(claim) for claim in seen]
    masks = identity.divide([claim.mask for claim in seen], before, _rivals(seen))
    parts = identity.resolve_overlaps(
        masks,
        [claim.confidence for claim in seen],
        before,
        [claim.attempt.alike for claim in seen],
    )
    return [
        dataclasses.replace(claim, answer=_less(claim.answer, mask), mask=part)
        for claim, mask, part in zip(seen, masks, parts, strict=True)
        if np.count_nonzero(part) >= LEAST_AREA
    ]


def _coast(claim: Claim) -> np.ndarray | None:
    """Return where the motion alone expects the instance, None while it is lost."""
    expected = claim.attempt.expected
    return None if expected is None else expected.moved.result.mask


def _less(answer: Segmentation, mask: np.ndarray) -> Segmentation:
    """Return an answer without what a rival got: nothing else expects it in the next frame."""
    return answer if mask is answer.mask else cut_to(answer, mask)


def _rivals(claims: Sequence[Claim]) -> list[tuple[int, int]]:
    """Return the pairs of indices of claims of instances that looks cannot tell apart."""
    return [
        (first, second)
        for first, second in combinations(range(len(claims)), 2)
        if _is_rival(claims[first], claims[second]) or _is_rival(claims[second], claims[first])
    ]


def _is_rival(claim: Claim, other: Claim) -> bool:
    expected = claim.attempt.expected
    return expected is not None and other.attempt.track.id in expected.rivals
