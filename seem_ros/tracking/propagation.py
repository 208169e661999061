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
from seem_ros.tracking.frames import NewestFrame
from seem_ros.tracking.judging import Claim, best_places, judged, separated
from seem_ros.tracking.memory import Memory
from seem_ros.tracking.track import LOST_AFTER, Track

_REFIND_SCORE = 0.5  # confidence a lost instance needs to come back
_MEMORY_SCORE = 0.6  # confidence a frame needs to be remembered
_MEMORY_NS = NANOSECONDS // 5  # between two of them, so that memories differ


def advance(tracks: Sequence[Track], frame: NewestFrame, config: TrackerConfig) -> list[Track]:
    """Return the instances as they are in a new frame, in the same order.

    One call of the model decodes all of them.
    """
    attempts = attempts_at(tracks, frame)
    claims: list[Claim] = []
    if attempts:
        answers = frame.picture.answer([attempt.question for attempt in attempts])
        judgements = [judged(*pair, frame) for pair in zip(attempts, answers, strict=True)]
        claims = separated(best_places([claim for claim in judgements if claim is not None]))
    asked = {attempt.track.id: attempt for attempt in attempts}
    claimed = {claim.attempt.track.id: claim for claim in claims}
    concluded = [
        _concluded(track, asked.get(track.id), claimed.get(track.id), frame, config)
        for track in tracks
    ]
    return [_remembering(track, frame) for track in concluded]


def _concluded(
    track: Track,
    attempt: Attempt | None,
    claim: Claim | None,
    frame: NewestFrame,
    config: TrackerConfig,
) -> Track:
    """Return an instance with the state and mask that follow from its claim."""
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
    frame: NewestFrame,
    mask: np.ndarray,
    score: float,
    prompted: bool = False,
    exemplary: bool = False,
) -> Memory:
    """Return what to remember of an instance in a frame."""
    looks, tokens = describe(frame.rgb, mask), frame.picture.remember(mask, exemplary)
    return Memory(frame.small.stamp_ns, prompted, score, looks, tokens, exemplary)
