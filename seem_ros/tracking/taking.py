"""A prompted answer becomes an instance's state, and is remembered."""

from __future__ import annotations

import dataclasses

import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.prompts.phrases import parse_phrase
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.choices import Choice
from seem_ros.tracking.config import NOT_FOUND, PromptReport, TrackerConfig
from seem_ros.tracking.frames import NewestFrame
from seem_ros.tracking.pieces import far_pieces
from seem_ros.tracking.propagation import memory_of
from seem_ros.tracking.state import TrackerState
from seem_ros.tracking.track import LEAST_AREA, Evidence, Track


def taken(
    state: TrackerState, track: Track, result: Segmentation, prompt: Prompt, config: TrackerConfig
) -> TrackerState:
    """Return the state in which an instance is what a prompt showed.

    The operator pointed here just now, so others lose the pixels.

    Args:
        state: with or without the instance.
        track: the instance before.
        result: what the prompt gave.
        prompt: with the rounds before it.
        config: thresholds.

    """
    now = shown(track, result, prompt, state.frame, config)
    assert now.evidence is not None
    seen = {
        other.id: other.mask
        for other in state.tracks
        if other.id != now.id and other.mask is not None
    }
    others = [
        dataclasses.replace(state.tracks.get(other_id), mask=mask & ~result.mask)
        for other_id, mask in seen.items()
        if (mask & result.mask).any()
    ]
    choice = Choice(track, now.evidence, result, state.frame, seen)
    after = dataclasses.replace(state, choices=state.choices.noted(choice))
    return after.with_tracks(state.tracks.replaced([*others, now]))


def shown(
    track: Track, result: Segmentation, prompt: Prompt, frame: NewestFrame, config: TrackerConfig
) -> Track:
    """Return an instance as it is in a frame after a prompt showed it there."""
    mask, score = result.mask, float(result.score)
    memory = memory_of(frame, mask, score, prompted=True)
    naming = result.naming
    result = dataclasses.replace(result)  # without its other readings, which hold the frame
    return dataclasses.replace(
        track.seen(result, mask, score, frame.small, config),
        memory=track.memory.remember(memory),
        given_name=(result.class_name, result.class_score),
        kinds=track.kinds | prompt.kinds,
        label=prompt.label or track.label or said_name(prompt),
        text=prompt.text.strip() or track.text,
        evidence=Evidence(prompt, frame.small),
        scattered=far_pieces(mask) > 0,
        naming=naming,
        reading=0,
        readings=0,
    )


def shows_something(result: Segmentation) -> bool:
    """Tell whether an answer is large enough to be an instance."""
    return result.found and bool(np.count_nonzero(result.mask) >= LEAST_AREA)


def said_name(prompt: Prompt) -> str:
    """Return what the words of a prompt call a thing: an operator's name, as a label is."""
    return parse_phrase(prompt.text).label if prompt.text.strip() else ""


def nothing_found(prompt: Prompt, instance_id: int = 0, note: str = "") -> PromptReport:
    """Report that a prompt gave nothing, with what is known of why."""
    what = f"'{prompt.text.strip()}'" if prompt.text.strip() else "the prompt"
    return PromptReport(prompt.id, NOT_FOUND, note or f"nothing in view fits {what}", instance_id)
