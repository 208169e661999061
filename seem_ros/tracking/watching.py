"""Watched words: a thing that comes into view becomes an instance, unless one accounts for it."""

from __future__ import annotations

import dataclasses

import numpy as np

from seem_ros.instances import iou
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.colouring import describe
from seem_ros.tracking.config import TrackerConfig
from seem_ros.tracking.starting import SAME_THING_IOU, matches_of, start
from seem_ros.tracking.state import TrackerState
from seem_ros.tracking.taking import shows_something
from seem_ros.tracking.track import Track

_SAME_WORD_SHARE = 0.5  # of the smaller of two masks that one word was said of: it is one thing
# Likeness in colour and in features from which a thing can be an instance that is out of view.
# Less than a lost instance needs to come back by itself: here a word says what it is as well.
_LEAST_SIMILARITY, _LEAST_LIKENESS = 0.5, 0.6


def watched(
    state: TrackerState, result: Segmentation, prompt: Prompt, config: TrackerConfig
) -> TrackerState:
    """Return the state after a watched word was asked for again.

    A match that an instance in view covers is that instance. One that looks like an instance of
    the word that is out of view brings it back. Only what is left becomes a new instance.

    Args:
        state: with the newest frame.
        result: what the picture has of the word.
        prompt: the word.
        config: thresholds.

    """
    matches = matches_of(result)
    for match in matches:
        # What the model says of looks is said of all matches together.
        looks = result.looks if len(matches) == 1 else None
        found = dataclasses.replace(Segmentation.from_object(match), looks=looks)
        if not shows_something(found):
            continue
        seen = _in_view(state, found, prompt)
        if seen is not None:
            text, kinds = seen.text or prompt.text.strip(), seen.kinds | prompt.kinds
            worded = dataclasses.replace(seen, text=text, kinds=kinds)
            state = state.with_tracks(state.tracks.replaced([worded]))
            continue
        absent = _absent_like(state, found, prompt)
        if absent is not None:
            track, likeness = absent
            score = float(found.score) * min(1.0, likeness)
            back = track.seen(found, found.mask, score, state.frame.small, config)
            state = state.with_tracks(state.tracks.replaced([back]))
        elif len(state.tracks) < config.max_instances:
            state, _ = start(state, found, prompt, config)
    return state


def _in_view(state: TrackerState, found: Segmentation, prompt: Prompt) -> Track | None:
    """Return the instance that is seen where a match is."""
    for track in state.tracks:
        same_word = _has_word(track, prompt)
        if track.mask is not None and _is_one_thing(track.mask, found.mask, same_word):
            return track
    return None


def _is_one_thing(mask: np.ndarray, match: np.ndarray, same_word: bool) -> bool:
    if iou(mask, match) >= SAME_THING_IOU:
        return True
    shared = np.count_nonzero(mask & match)
    smaller = min(np.count_nonzero(mask), np.count_nonzero(match))
    return same_word and shared >= _SAME_WORD_SHARE * max(1, smaller)


def _has_word(track: Track, prompt: Prompt) -> bool:
    return track.text.casefold() == prompt.text.strip().casefold()


def _absent_like(
    state: TrackerState, found: Segmentation, prompt: Prompt
) -> tuple[Track, float] | None:
    """Return the instance of the word, out of view, that a match looks most like, and how much."""
    frame = state.frame
    looks = describe(frame.rgb, found.mask)
    best = None
    for track in state.tracks:
        seen = track.mask is not None and track.unseen == 0
        if seen or not _has_word(track, prompt):
            continue
        likeness = track.memory.likeness(looks)
        known = found.looks is not None
        felt = frame.model.likeness(found, track.memory.tokens) if known else 1.0
        alike = likeness >= _LEAST_SIMILARITY and felt >= _LEAST_LIKENESS
        if alike and (best is None or likeness > best[1]):
            best = track, likeness
    return best
