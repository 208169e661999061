"""Carry instances into a new frame: expect, ask the model once for all, judge, remember."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from seem_ros.instances import TRACKED, UNCERTAIN
from seem_ros.prompts import PromptKind
from seem_ros.segmenting.colouring import describe
from seem_ros.tracking.asking import Attempt, attempts_at
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import TrackerConfig
from seem_ros.tracking.expecting import Moved, all_moved
from seem_ros.tracking.frames import NewestFrame
from seem_ros.tracking.judging import Claim, best_places, judged, separated
from seem_ros.tracking.memory import Memory
from seem_ros.tracking.track import LEAST_AREA, LOST_AFTER, Track
from seem_ros.tracking.turns import TimeLimit, in_turn

_NO_LIMIT = TimeLimit()
_REFIND_SCORE = 0.5  # confidence a lost instance needs to come back
_MEMORY_SCORE = 0.6  # confidence a frame needs to be remembered
_MEMORY_NS = NANOSECONDS // 5  # between two of them, so that memories differ


def advance(
    tracks: Sequence[Track],
    frame: NewestFrame,
    config: TrackerConfig,
    limit: TimeLimit = _NO_LIMIT,
    target_id: int = 0,
) -> list[Track]:
    """Return the instances as they are in a new frame, in the same order.

    One call of the model decodes all of them, or as many as there is time for.

    Args:
        tracks: the instances.
        frame: the new frame.
        config: thresholds.
        limit: until when instances are looked at.
        target_id: the selected one, which does not wait; 0 for none.

    """
    moved = all_moved(tracks, frame.small)
    queue = list(tracks) if limit.is_none else in_turn(tracks, moved, target_id)
    looked_at: set[int] = set()
    asked: dict[int, Attempt] = {}
    judgements: list[Claim | None] = []
    for batch in limit.batches(queue):
        attempts = attempts_at(batch, tracks, moved, frame)
        judgements += _judgements(attempts, frame)
        asked.update((attempt.track.id, attempt) for attempt in attempts)
        looked_at.update(track.id for track in batch)
    claims = separated(best_places([claim for claim in judgements if claim is not None]))
    claimed = {claim.attempt.track.id: claim for claim in claims}
    concluded = [
        _concluded(track, asked.get(track.id), claimed.get(track.id), frame, config)
        if track.id in looked_at
        else _waiting(track, moved.get(track.id), claims, frame)
        for track in tracks
    ]
    return [_remembering(track, frame) for track in concluded]


def _judgements(attempts: Sequence[Attempt], frame: NewestFrame) -> list[Claim | None]:
    if not attempts:
        return []
    answers = frame.picture.answer([attempt.question for attempt in attempts])
    return [judged(*pair, frame) for pair in zip(attempts, answers, strict=True)]


def _waiting(
    track: Track, moved: Moved | None, claims: Sequence[Claim], frame: NewestFrame
) -> Track:
    """Return an instance for which there was no time: it goes on where the motion leads it.

    Not being looked at says nothing of whether it is there, so it is never lost for that; where
    the motion cannot tell either, nobody knows where it is. What others were found to have is
    theirs.
    """
    track = dataclasses.replace(track, waited=track.waited + 1, glances=track.glances + 1)
    if moved is None:
        return dataclasses.replace(track.lost(), unseen=max(track.unseen, LOST_AFTER))
    mask = moved.result.mask
    for claim in claims:
        mask = mask & ~claim.mask
    mask = mask if np.count_nonzero(mask) >= LEAST_AREA else moved.result.mask
    return track.carried(moved.result, mask, frame.small)


def _concluded(
    track: Track,
    attempt: Attempt | None,
    claim: Claim | None,
    frame: NewestFrame,
    config: TrackerConfig,
) -> Track:
    """Return an instance with the state and mask that follow from its claim."""
    track = dataclasses.replace(track, waited=0)
    if attempt is not None:
        glances = track.glances + 1 if attempt.glance else 0
        track = dataclasses.replace(track, glances=glances)
    searching = attempt is None or attempt.expected is None
    least = _REFIND_SCORE if searching else config.lost_score
    if claim is None or claim.confidence < least:
        return _not_seen(track, attempt, claim, frame)
    track = track.seen(claim.answer, claim.mask, claim.confidence, frame.small, config)
    return dataclasses.replace(track, kinds=track.kinds | PromptKind.MEMORY)


def _not_seen(
    track: Track, attempt: Attempt | None, claim: Claim | None, frame: NewestFrame
) -> Track:
    """Return an instance that coasts on the motion for a few frames, and then is lost."""
    unseen = track.unseen + 1
    expected = None if attempt is None else attempt.expected
    if expected is None or unseen >= LOST_AFTER:
        return dataclasses.replace(track.lost(), unseen=max(unseen, LOST_AFTER))
    return dataclasses.replace(
        track,
        result=expected.result,
        source=frame.small,
        mask=expected.moved.result.mask,
        state=UNCERTAIN,
        confidence=0.0 if claim is None else claim.confidence,
        unseen=unseen,
    )


def _remembering(track: Track, frame: NewestFrame) -> Track:
    """Return an instance that remembers a confident frame."""
    confident = track.state == TRACKED and track.confidence >= _MEMORY_SCORE
    fresh = abs(frame.small.stamp_ns - track.memory.newest_ns) >= _MEMORY_NS
    if not (confident and fresh) or track.mask is None:
        return track
    memory = memory_of(frame, track.mask, track.confidence)
    return dataclasses.replace(track, memory=track.memory.remember(memory))


def memory_of(
    frame: NewestFrame, mask: np.ndarray, score: float, prompted: bool = False
) -> Memory:
    """Return what to remember of an instance in a frame."""
    looks, tokens = describe(frame.rgb, mask), frame.picture.remember(mask, prompted)
    return Memory(frame.small.stamp_ns, prompted, score, looks, tokens)
