"""Prompts that were drawn on an older frame, carried to the newest one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from itertools import pairwise

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracking.history import Frame, FrameHistory, Moment
from seem_ros.tracking.motion import moved_prompt


def on_newest(
    prompt: Prompt, frame: Frame, history: FrameHistory, known: Collection[int]
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
