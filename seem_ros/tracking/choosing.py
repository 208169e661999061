"""Take another reading of the last click on an instance: a part, the thing, a group."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.choices import Choice
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import DONE, PromptReport, TrackerConfig
from seem_ros.tracking.frames import GreyFrame
from seem_ros.tracking.motion import estimate, moved_segmentation
from seem_ros.tracking.propagation import advance
from seem_ros.tracking.routing import clicked_instance
from seem_ros.tracking.state import TrackerState
from seem_ros.tracking.taking import shown
from seem_ros.tracking.track import Track

KEPT_S = 30.0  # how long after a click another reading of it can be taken
_LARGER, _SMALLER = ("bigger", "larger"), ("smaller",)

Outcome = tuple[TrackerState, PromptReport]


def next_reading(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    """Return the state in which an instance is the next reading of its last click.

    After the last reading comes the first again; with the text "bigger" or "smaller" it is the
    next one in that direction. The instance is then as if this had been the answer to the click.

    Raises:
        ValueError: nothing was clicked, the click is too long past, or it has no such reading.

    """
    track = clicked_instance(prompt, state.tracks)
    choice = _choice_of(state, track)
    readings = choice.readings
    if len(readings) == 1:
        raise ValueError(
            f"the last prompt on instance {track.id} can mean nothing else: "
            "click again, on what is missing or on what is too much"
        )
    present = max(track.reading, 1)
    chosen = _wanted(prompt.text.strip().lower(), readings, present)
    taken = _shown_as(state, choice, readings[chosen - 1], track, config)
    taken = dataclasses.replace(taken, reading=chosen, readings=len(readings))
    message = f"reading {chosen} of {len(readings)} of instance {track.id}"
    return _settled(state, taken, choice), PromptReport(prompt.id, DONE, message, track.id)


def with_readings(
    state: TrackerState, report: PromptReport, config: TrackerConfig
) -> tuple[TrackerState, PromptReport]:
    """Return state and report after a prompt with the other readings of it, for who shows them."""
    track = state.tracks.tracks.get(report.instance_id)
    choice = None if track is None else state.choices.of(track)
    if not config.show_readings or track is None or choice is None:
        return state, report
    readings = choice.readings
    if choice.frame.small is not state.frame.small or len(readings) == 1:
        return state, report
    known = dataclasses.replace(track, reading=max(track.reading, 1), readings=len(readings))
    others = [r.mask for number, r in enumerate(readings, start=1) if number != known.reading]
    after = state.with_tracks(state.tracks.replaced([known]))
    return after, dataclasses.replace(report, others=tuple(others))


def _choice_of(state: TrackerState, track: Track) -> Choice:
    if track.evidence is None or not track.evidence.prompt.has_spatial:
        raise ValueError(
            f"nothing was clicked on instance {track.id}: click it, then ask for another reading"
        )
    choice = state.choices.of(track)
    age_ns = abs(state.frame.small.stamp_ns - track.evidence.frame.stamp_ns)
    if choice is None or age_ns > KEPT_S * NANOSECONDS:
        raise ValueError(
            f"the last click on instance {track.id} is too long past: click it again, then ask "
            "for another reading"
        )
    return choice


def _wanted(word: str, readings: Sequence[Segmentation], present: int) -> int:
    """Return the number of the reading that is wanted, from 1."""
    if not word:
        return present % len(readings) + 1
    if word not in (*_LARGER, *_SMALLER):
        raise ValueError(f"the next reading can be 'bigger' or 'smaller', not {word!r}")
    areas = [int(np.count_nonzero(reading.mask)) for reading in readings]
    own = areas[present - 1]
    sign = 1 if word in _LARGER else -1
    further = [(sign * (area - own), n) for n, area in enumerate(areas, start=1)]
    further = [pair for pair in further if pair[0] > 0]
    if not further:
        raise ValueError(f"no {word} reading of the last click is known: click again")
    return min(further)[1]


def _shown_as(
    state: TrackerState, choice: Choice, reading: Segmentation, track: Track, config: TrackerConfig
) -> Track:
    """Return an instance as if a reading had been the answer to its last click, in this frame."""
    then, now = choice.frame, state.frame
    is_same = then.small is now.small
    prompt, before = choice.evidence.prompt, choice.before
    result = shown(before, reading, prompt, now if is_same else then, config)
    result = dataclasses.replace(
        result, evidence=choice.evidence, label=track.label, kinds=track.kinds
    )
    if is_same:
        return result
    moved = _moved(reading, _way(state, then.small))
    here = dataclasses.replace(result, result=moved, mask=moved.mask, source=now.small)
    (found,) = advance([here], now, config)
    if found.mask is None:
        raise ValueError(_CHANGED)
    return found


_CHANGED = "the picture changed since the click: click again, then ask for another reading"


def _way(state: TrackerState, clicked: GreyFrame) -> list[GreyFrame]:
    """Return frames from the one that was clicked to the newest."""
    newest = state.frame.small
    between = [moment.frame for moment in state.history.since(clicked.stamp_ns)]
    later = [frame for frame in between if clicked.stamp_ns < frame.stamp_ns < newest.stamp_ns]
    return [clicked, *later, newest]


def _moved(reading: Segmentation, way: Sequence[GreyFrame]) -> Segmentation:
    """Return a reading as motion carries it along frames, the first one its own."""
    for old, new in pairwise(way):
        motion = estimate(old, new)
        if not motion.reliable:
            raise ValueError(_CHANGED)
        reading = moved_segmentation(reading, motion, new.size)
    if not reading.mask.any():
        raise ValueError(_CHANGED)
    return reading


def _settled(state: TrackerState, track: Track, choice: Choice) -> TrackerState:
    """Return the state with an instance, which gives back pixels that it does not need now."""
    assert track.mask is not None
    last = state.tracks.get(track.id).mask
    wholes: dict[int, np.ndarray] = {}
    for other in state.tracks:
        if other.id == track.id or other.mask is None:
            continue
        whole, before = other.mask, choice.others.get(other.id)
        if before is not None and last is not None and other.source is choice.frame.small:
            whole = whole | (before & last)
        wholes[other.id] = whole
    less = {other_id: whole & ~track.mask for other_id, whole in wholes.items()}
    changed = [
        dataclasses.replace(other, mask=less[other.id])
        for other in state.tracks
        if other.mask is not None and other.id in less and (less[other.id] ^ other.mask).any()
    ]
    state = state.with_tracks(state.tracks.replaced([*changed, track]))
    return dataclasses.replace(state, choices=state.choices.with_others(choice, wholes))
