"""Start instances from prompts: what is pointed at, drawn or shown, and what words mean."""

from __future__ import annotations

import dataclasses

import numpy as np

from seem_ros.instances import iou
from seem_ros.prompts import Prompt, PromptKind
from seem_ros.segmentation import Segmentation, SegmentedObject
from seem_ros.segmenting.question import Question
from seem_ros.tracking.config import ACCEPTED, PromptReport, TrackerConfig
from seem_ros.tracking.frames import is_small
from seem_ros.tracking.state import TrackerState
from seem_ros.tracking.taking import nothing_found, said_name, shows_something, taken
from seem_ros.tracking.track import Track, TrackSet

SAME_THING_IOU = 0.6

Outcome = tuple[TrackerState, PromptReport]


def add_one(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    """Start the one instance that is pointed at, drawn or shown.

    Raises:
        ValueError: there are too many instances already.

    """
    only_mask = prompt.mask if prompt.kinds == PromptKind.MASK else None
    if config.trust_masks and only_mask is not None:
        result = Segmentation.from_mask(only_mask)
        state = _reading_small(state, result, config)
    else:
        state, result = _pointed(state, prompt, config)
    if not shows_something(result):
        return state, nothing_found(prompt)
    known = None if prompt.points or prompt.strokes else _same_thing(state.tracks, result.mask)
    if known is not None and config.click_mode != "new":
        state = taken(state, known, result, prompt, config)
        report = PromptReport(prompt.id, ACCEPTED, f"refined instance {known.id}", known.id)
        return state, report
    state, new_id = start(state, result, prompt, config)
    return state, PromptReport(prompt.id, ACCEPTED, f"new instance {new_id}", new_id)


def _pointed(
    state: TrackerState, prompt: Prompt, config: TrackerConfig
) -> tuple[TrackerState, Segmentation]:
    """Return what is pointed at; small things are looked at once more, in more detail."""
    question = Question(prompt, name_later=state.late_names)
    (result,) = state.frame.picture.answer([question])
    if not shows_something(result):
        return state, result
    closer = _reading_small(state, result, config)
    if closer.frame is state.frame:
        return state, result
    (finer,) = closer.frame.picture.answer([question])
    return closer, finer if shows_something(finer) else result


def _reading_small(
    state: TrackerState, result: Segmentation, config: TrackerConfig
) -> TrackerState:
    """Return the state in which the frame is read in more detail, for a small thing."""
    if not is_small(result.mask):
        return state
    return dataclasses.replace(state, newest=state.frame.read_in(config.small_detail))


def add_matches(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    """Start one instance per match of a text, except for those already tracked.

    Raises:
        ValueError: there are too many instances already.

    """
    (result,) = state.frame.picture.answer([Question(prompt)])
    if not shows_something(result):
        return state, nothing_found(prompt, note=result.note)
    state, ids = start_matches(state, result, prompt, config)
    if not ids:
        raise ValueError(f"already {config.max_instances} instances (max_instances)")
    named = "instance" if len(ids) == 1 else f"{len(ids)} instances"
    chosen = f": {result.note}" if result.note else ""
    message = f"{named} {', '.join(map(str, ids))}{chosen}"
    return state, PromptReport(prompt.id, ACCEPTED, message, ids[0])


def start_matches(
    state: TrackerState, result: Segmentation, prompt: Prompt, config: TrackerConfig
) -> tuple[TrackerState, list[int]]:
    """Start an instance for each match; return their ids, with those already tracked."""
    ids = []
    for match in matches_of(result):
        known = _same_thing(state.tracks, match.mask)
        if known is not None:
            text, kinds = known.text or prompt.text, known.kinds | prompt.kinds
            label = known.label or said_name(prompt)
            worded = dataclasses.replace(known, text=text, kinds=kinds, label=label)
            state = state.with_tracks(state.tracks.replaced([worded]))
            ids.append(known.id)
        elif len(state.tracks) < config.max_instances:
            state, new_id = start(state, Segmentation.from_object(match), prompt, config)
            ids.append(new_id)
    return state, list(dict.fromkeys(ids))


def start(
    state: TrackerState, result: Segmentation, prompt: Prompt, config: TrackerConfig
) -> tuple[TrackerState, int]:
    """Return the state with a new instance, and its id.

    Raises:
        ValueError: there are too many instances already.

    """
    if len(state.tracks) >= config.max_instances:
        raise ValueError(
            f"already {config.max_instances} instances (max_instances): remove one first"
        )
    tracks, track = state.tracks.started(result, state.frame.small)
    return taken(state.with_tracks(tracks), track, result, prompt, config), track.id


def _same_thing(tracks: TrackSet, mask: np.ndarray) -> Track | None:
    for track in tracks:
        if track.mask is not None and iou(track.mask, mask) >= SAME_THING_IOU:
            return track
    return None


def matches_of(result: Segmentation) -> list[SegmentedObject]:
    """Return the things that an answer to words has found, best first."""
    whole = SegmentedObject(result.mask, result.score, result.class_name, result.class_score)
    return list(result.objects) or [whole]
