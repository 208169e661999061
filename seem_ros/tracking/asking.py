"""What the model is asked about each instance in a new frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.segmenting.question import Question
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.expecting import Awaited, Expectation, Moved, awaited, expected
from seem_ros.tracking.frames import NewestFrame
from seem_ros.tracking.model import PromptableModel
from seem_ros.tracking.recall import peaks
from seem_ros.tracking.track import Track

WHOLE_EVERY = 8  # frames; statistics of a whole look were measured up to eight frames old
SEARCH_PLACES = 2  # where the first is something else, the second may be the instance
SEARCH_EACH_FRAME = 2  # lost instances: each costs as much as two followed ones


@dataclass(frozen=True, eq=False)
class Attempt:
    """A question to the model about an instance.

    Attributes:
        track: the instance.
        prompt: where to look.
        expected: where it is expected, None while it is lost and may be anywhere.
        alike: (h, w) where the picture looks like it, None where the model cannot tell.
        glance: whether a look around the last mask is enough.

    """

    track: Track
    prompt: Prompt
    expected: Expectation | None = None
    alike: np.ndarray | None = None
    glance: bool = False

    @property
    def question(self) -> Question:
        """What the picture is asked: by all that is remembered of the instance, too."""
        before = None if self.expected is None else self.expected.result
        return Question(self.prompt, before, self.track.memory.tokens, self.glance)


def attempts_at(
    asked: Sequence[Track], tracks: Sequence[Track], moved: Mapping[int, Moved], frame: NewestFrame
) -> list[Attempt]:
    """Return what to ask: one attempt for an instance in view, several places for a lost one.

    The picture is compared with all of them at once.

    Args:
        asked: the instances to ask about.
        tracks: all of them.
        moved: where the motion expects them, see `all_moved`.
        frame: the new frame.

    """
    in_view, lost = _parted(asked, tracks, moved, frame)
    moment = frame.small.stamp_ns // (NANOSECONDS // 100) + frame.small.repeats
    turn = moment % max(1, len(lost))
    searched = (lost[turn:] + lost[:turn])[:SEARCH_EACH_FRAME]
    places = [(each.memories, each.near, each.rivals) for _, each in in_view]
    anywhere = [([] if t.text else t.memory.prompted_tokens, None, ()) for t in searched]
    if not (places or anywhere):
        return []
    alike = frame.picture.resemblances([*places, *anywhere])
    following = []
    taken = _expected_of_others(asked, moved, frame)
    for (track, instance), looks in zip(in_view, alike[: len(in_view)], strict=True):
        where = expected(instance, looks)
        prompt = Prompt(points=where.clicks, image_size=frame.size)
        following.append(Attempt(track, prompt, where, where.alike))
        taken |= where.result.mask
    searches = [
        attempt
        for track, looks in zip(searched, alike[len(in_view) :], strict=True)
        for attempt in _search(track, taken, looks)
    ]
    return _with_glances([*following, *searches])


def _parted(
    asked: Sequence[Track], tracks: Sequence[Track], moved: Mapping[int, Moved], frame: NewestFrame
) -> tuple[list[tuple[Track, Awaited]], list[Track]]:
    """Return the instances that the motion leads to a place in a frame, and the lost ones."""
    in_view, lost = [], []
    for track in asked:
        instance = None
        if track.id in moved:
            rivals = [other for other in tracks if _confusable(track, other, frame.model)]
            instance = awaited(track, moved, rivals)
        if instance is None:
            lost.append(track)
        else:
            in_view.append((track, instance))
    return in_view, lost


def _expected_of_others(
    asked: Sequence[Track], moved: Mapping[int, Moved], frame: NewestFrame
) -> np.ndarray:
    """Return (H, W) bool where instances are expected that are not asked about now."""
    taken, ids = np.zeros(frame.size, bool), {track.id for track in asked}
    for instance_id, item in moved.items():
        if instance_id not in ids:
            taken |= item.result.mask
    return taken


def _confusable(track: Track, other: Track, model: PromptableModel) -> bool:
    if track is other:
        return False
    return model.confusable(track.memory.prompted_tokens, other.memory.prompted_tokens)


def _search(track: Track, taken: np.ndarray, alike: np.ndarray | None) -> list[Attempt]:
    """Ask for an instance anywhere: by its words, or where the picture is most like it.

    Places where another is expected, (H, W) bool, are taken.
    """
    size = (taken.shape[0], taken.shape[1])
    if alike is None:
        return [Attempt(track, Prompt(text=track.text, image_size=size))]
    places = peaks(alike, taken, SEARCH_PLACES)
    prompts = [Prompt(points=[(x, y, 1)], image_size=size) for x, y in places]
    return [Attempt(track, prompt, alike=alike) for prompt in prompts]


def _with_glances(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts, those with a glance for which a look around the last mask is enough.

    After WHOLE_EVERY frames an instance gets a whole look, those that are due at once in turn, so
    that no frame costs much more than the others.
    """
    due = [attempt for attempt in attempts if attempt.track.glances + 1 >= WHOLE_EVERY]
    due.sort(key=lambda attempt: -attempt.track.glances)
    whole = due[: -(-len(attempts) // WHOLE_EVERY)]
    return [dataclasses.replace(a, glance=_can_glance(a) and a not in whole) for a in attempts]


def _can_glance(attempt: Attempt) -> bool:
    """Tell whether the last answer knows enough of the whole picture."""
    return attempt.expected is not None and attempt.expected.result.context is not None
