"""Which instance a prompt is about, and where it points to in the newest frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from itertools import pairwise

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracking.config import ClickMode
from seem_ros.tracking.frames import FrameHistory, GreyFrame, Moment
from seem_ros.tracking.motion import moved_prompt
from seem_ros.tracking.track import Track, TrackSet


def addressed(prompt: Prompt, tracks: TrackSet, click_mode: ClickMode) -> Track | None:
    """Return the instance a prompt refines or replaces, None if it starts a new one.

    Args:
        prompt: mode ADD, REFINE or REPLACE, in the pixels of the newest frame.
        tracks: the instances there are.
        click_mode: see TrackerConfig.

    Raises:
        ValueError: the instance is unknown, or one is needed and none is meant.

    """
    if prompt.instance_id:
        return tracks.get(prompt.instance_id)
    hit = _clicked(prompt, tracks)
    selected = tracks.target
    if prompt.mode in (Mode.REFINE, Mode.REPLACE):
        track = hit or selected
        if track is None:
            name = prompt.mode.name.lower()
            raise ValueError(f"nothing to {name}: give an instance_id or select an instance")
        return track
    pointed = bool(prompt.points or prompt.strokes)
    if click_mode == "new" and prompt.has_positive:
        return None
    if click_mode == "refine" and pointed:
        return hit or selected
    if prompt.has_positive:
        return hit if not (prompt.boxes or prompt.mask is not None) else None
    return hit or selected


def clicked_instance(prompt: Prompt, tracks: TrackSet) -> Track:
    """Return the instance a SELECT, REMOVE or NEXT prompt means: by id, by click, or the selected.

    Raises:
        ValueError: none is meant, or it is unknown.

    """
    if prompt.instance_id:
        return tracks.get(prompt.instance_id)
    track = _clicked(prompt, tracks)
    if prompt.points and track is None:
        raise ValueError("no instance under the click")
    track = track or tracks.target
    if track is None:
        name = "read otherwise" if prompt.mode == Mode.NEXT else prompt.mode.name.lower()
        raise ValueError(f"nothing to {name}: give an instance_id or click an instance")
    return track


def _clicked(prompt: Prompt, tracks: TrackSet) -> Track | None:
    """Return the instance under the first click, positive ones before negative ones."""
    marks = [(x, y, label == 1) for x, y, label in prompt.points]
    marks += [(*stroke.points[0], stroke.positive) for stroke in prompt.strokes]
    for x, y, _ in sorted(marks, key=lambda mark: not mark[2]):
        track = tracks.under(x, y)
        if track is not None:
            return track
    return None


def on_newest(
    prompt: Prompt, frame: GreyFrame, history: FrameHistory, known: Collection[int]
) -> Prompt:
    """Return a prompt in the newest frame's pixels.

    A prompt drawn on a frame that is still held is moved along the frames since then, and a click
    is about the instance that was under it when it was made. Other stamps mean the newest frame.

    Args:
        prompt: as it came.
        frame: the newest one.
        history: of the frames before it.
        known: ids that a click may be about.

    Raises:
        ValueError: the prompt does not fit its image, or the picture changed too much since.

    """
    if not _draws(prompt):
        return prompt
    moments = history.since(prompt.stamp_ns) if prompt.stamp_ns else []
    if not moments or prompt.stamp_ns >= frame.stamp_ns:
        return prompt.validated(*frame.size, has_instance=True)
    moved = prompt.validated(*moments[0].frame.size, has_instance=True)
    hit = prompt.instance_id or _clicked_then(moved, moments[0], known)
    way = [moment.frame for moment in moments if moment.frame.stamp_ns < frame.stamp_ns]
    for old, new in pairwise([*way, frame]):
        moved = moved_prompt(moved, old, new).validated(*new.size, has_instance=True)
    return dataclasses.replace(moved, instance_id=hit)


def _draws(prompt: Prompt) -> bool:
    """Tell whether a prompt points into the image: commands without a click do not."""
    return prompt.has_spatial or (prompt.mode in (Mode.ADD, Mode.REPLACE) and not prompt.is_empty)


def _clicked_then(prompt: Prompt, moment: Moment, known: Collection[int]) -> int:
    """Return the instance that was under a click when it was made, 0 for none."""
    if prompt.boxes or prompt.mask is not None:
        return 0
    for x, y, _ in sorted(prompt.points, key=lambda point: -point[2]):
        instance_id = int(moment.labels[int(y), int(x)])
        if instance_id in known:
            return instance_id
    return 0
