"""Carry instances into a new frame: expect, ask the model once for all, judge, remember."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from seem_ros.instances import TRACKED, UNCERTAIN, Segmentation
from seem_ros.prompts import PromptKind
from seem_ros.tracking import identity
from seem_ros.tracking.appearance import describe
from seem_ros.tracking.attempts import Attempt, best_places, questions
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import TrackerConfig
from seem_ros.tracking.continuity import bound, cut_to
from seem_ros.tracking.history import Frame
from seem_ros.tracking.memory_bank import Memory
from seem_ros.tracking.model import PromptableModel
from seem_ros.tracking.recall import mean_under
from seem_ros.tracking.track import Track


def advance(
    tracks: Sequence[Track],
    rgb: np.ndarray,
    frame: Frame,
    model: PromptableModel,
    config: TrackerConfig,
) -> None:
    """Find the instances in a new frame whose image the model has already.

    One call of the model decodes all of them. Nothing changes if it raises.

    Args:
        tracks: instances to carry over; changed.
        rgb: (H, W, 3) uint8 of the new frame.
        frame: the new frame.
        model: with `rgb` set as its image.
        config: thresholds.

    """
    attempts = questions(tracks, frame, model, config)
    if attempts:
        prompts = [attempt.prompt for attempt in attempts]
        glances = _glances(attempts, config)
        answers = model.predict_batch(
            prompts,
            [attempt.previous for attempt in attempts],
            [attempt.track.memory.tokens for attempt in attempts],
            glances,
        )
        for attempt, answer, glance in zip(attempts, answers, glances, strict=True):
            attempt.track.glances = attempt.track.glances + 1 if glance else 0
            _look_at(attempt, answer, rgb, model, config)
        attempts = best_places(attempts)
        _separate(attempts, config)
    tried = {attempt.track.id: attempt for attempt in attempts}
    for track in tracks:
        _conclude(track, tried.get(track.id), frame, config)
        _remember(track, rgb, frame, model, config)


def _glances(attempts: Sequence[Attempt], config: TrackerConfig) -> list[bool]:
    """Tell for which instances a look around the last mask is enough.

    After `whole_every` frames an instance gets a whole look, those that are due at once in turn,
    so that no frame costs much more than the others.
    """
    due = [a for a in attempts if a.track.glances + 1 >= config.whole_every]
    due.sort(key=lambda attempt: -attempt.track.glances)
    whole = due[: -(-len(attempts) // config.whole_every)]
    return [
        attempt.previous is not None and attempt.previous.context is not None
        and attempt not in whole
        for attempt in attempts
    ]  # fmt: skip


def _look_at(
    attempt: Attempt,
    answer: Segmentation,
    rgb: np.ndarray,
    model: PromptableModel,
    config: TrackerConfig,
) -> None:
    """Keep an answer that can be the instance: big enough, and looking like it."""
    best = answer
    if attempt.searches and len(answer.objects) > 1:
        best = _best_object(answer, attempt.track, rgb)
    if attempt.previous is not None:
        trust = attempt.trust
        reach = config.reach + (1 - trust) * (config.farthest_reach - config.reach)
        certainty = 1.0 if attempt.recalled else trust
        best = bound(best, attempt.previous, config.smoothing * certainty, reach)
    if not best.found or np.count_nonzero(best.mask) < config.least_area:
        return
    memory = attempt.track.memory
    attempt.likeness = memory.likeness(describe(rgb, best.mask))
    # What the tracker took for the instance itself is not enough to bring it back.
    known = memory.prompted_tokens if attempt.searches else memory.tokens
    felt = model.likeness(best, known)
    if _looks_right(attempt, best.mask, felt, config):
        attempt.answer, attempt.rank = best, felt * float(best.score)


def _looks_right(attempt: Attempt, mask: np.ndarray, felt: float, config: TrackerConfig) -> bool:
    """Tell whether colours and features under an (H, W) mask allow it to be the instance."""
    if not attempt.searches:
        return attempt.likeness >= config.least_similarity and felt >= config.least_likeness
    if attempt.likeness < config.refind_similarity or felt < config.refind_likeness:
        return False
    return attempt.alike is None or mean_under(attempt.alike, mask) >= config.refind_margin


def _best_object(answer: Segmentation, track: Track, rgb: np.ndarray) -> Segmentation:
    """Return the match that looks most like the instance, as a segmentation of its own."""
    seen = [item for item in answer.objects if item.mask.any()]
    if not seen:
        return answer
    best = max(seen, key=lambda item: track.memory.likeness(describe(rgb, item.mask)))
    return Segmentation(
        True, best.mask, best.score, best.class_name, best.class_score, [best], None
    )


def _separate(attempts: Sequence[Attempt], config: TrackerConfig) -> None:
    """Drop impostors and let every pixel belong to one instance."""
    seen = [attempt for attempt in attempts if attempt.answer is not None]
    masks = [attempt.found.mask for attempt in seen]
    expected = [attempt.expected for attempt in seen]
    likeness = [attempt.likeness for attempt in seen]
    for index in identity.impostors(masks, expected, likeness, config.duplicate_iou):
        seen[index].answer = None
    seen = [attempt for attempt in seen if attempt.answer is not None]
    before = [attempt.coast for attempt in seen]
    masks = identity.divide([attempt.found.mask for attempt in seen], before, _rivals(seen))
    for attempt, mask in zip(seen, masks, strict=True):
        if mask is not attempt.found.mask:
            attempt.answer = cut_to(attempt.found, mask)
    parts = identity.resolve_overlaps(
        masks,
        [attempt.confidence for attempt in seen],
        before,
        [attempt.alike for attempt in seen],
        config.overlap_bonus,
        config.covered_bonus,
    )
    for attempt, part in zip(seen, parts, strict=True):
        if np.count_nonzero(part) < config.least_area:
            attempt.answer = None
        else:
            attempt.part = part


def _rivals(seen: Sequence[Attempt]) -> list[tuple[int, int]]:
    """Return the pairs of indices of attempts that looks cannot tell apart."""
    pairs = combinations(range(len(seen)), 2)
    return [
        (first, second)
        for first, second in pairs
        if seen[second].track.id in seen[first].rivals
        or seen[first].track.id in seen[second].rivals
    ]


def _conclude(track: Track, attempt: Attempt | None, frame: Frame, config: TrackerConfig) -> None:
    """Set state and mask of an instance from its judged answer."""
    confidence = attempt.confidence if attempt else 0.0
    searching = attempt is None or attempt.searches
    if attempt is None or confidence < (config.refind_score if searching else config.lost_score):
        _not_seen(track, attempt, frame, config)
        return
    track.result, track.source, track.mask = attempt.found, frame, attempt.part
    track.confidence, track.unseen, track.last_seen = confidence, 0, frame.stamp_ns
    track.state = TRACKED if confidence >= config.tracked_score else UNCERTAIN
    track.kinds |= PromptKind.MEMORY


def _not_seen(track: Track, attempt: Attempt | None, frame: Frame, config: TrackerConfig) -> None:
    """Coast on the motion for a few frames, then call it lost."""
    track.unseen += 1
    if attempt is None or attempt.previous is None or track.unseen >= config.lost_after:
        track.unseen = max(track.unseen, config.lost_after)
        track.lose()
        return
    track.mask, track.state = attempt.coast, UNCERTAIN
    track.confidence = attempt.confidence
    track.result, track.source = attempt.previous, frame


def _remember(
    track: Track, rgb: np.ndarray, frame: Frame, model: PromptableModel, config: TrackerConfig
) -> None:
    """Remember a confident frame, at most five a second, so that memories differ."""
    confident = track.state == TRACKED and track.confidence >= config.memory_score
    fresh = abs(frame.stamp_ns - track.memory.newest_ns) >= NANOSECONDS // 5
    if confident and fresh and track.mask is not None:
        track.memory = track.memory.remember(
            memory_of(rgb, track.mask, frame.stamp_ns, track.confidence, model)
        )


def memory_of(
    rgb: np.ndarray,
    mask: np.ndarray,
    stamp_ns: int,
    score: float,
    model: PromptableModel,
    prompted: bool = False,
    exemplary: bool = False,
) -> Memory:
    """Return what to remember of an instance in the image that the model has."""
    looks, tokens = describe(rgb, mask), model.remember(mask, exemplary)
    return Memory(stamp_ns, prompted, score, looks, tokens, exemplary)
