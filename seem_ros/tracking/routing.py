"""Which instance a prompt is about."""

from __future__ import annotations

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracking.config import ClickMode
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
    selected = tracks.tracks.get(tracks.target_id)
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
    """Return the instance a SELECT or REMOVE prompt means: by id, by click, or the selected one.

    Raises:
        ValueError: none is meant, or it is unknown.

    """
    if prompt.instance_id:
        return tracks.get(prompt.instance_id)
    track = _clicked(prompt, tracks)
    if prompt.points and track is None:
        raise ValueError("no instance under the click")
    track = track or tracks.tracks.get(tracks.target_id)
    if track is None:
        name = prompt.mode.name.lower()
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
