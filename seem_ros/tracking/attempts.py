"""What the model is asked about each instance in a new frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seem_ros.instances import Segmentation
from seem_ros.prompts import Prompt
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import TrackerConfig
from seem_ros.tracking.history import Frame
from seem_ros.tracking.model import PromptableModel
from seem_ros.tracking.motion import Motion, estimate, moved_segmentation
from seem_ros.tracking.recall import distances, interior_points, peaks, surroundings, weigh
from seem_ros.tracking.track import Track

_SURE = 0.5  # trust in the motion from which an instance does not turn up beside itself
_LEAST_RECALLED = 0.1  # share of the moved mask, or nothing is known of where it is


@dataclass(eq=False)
class Attempt:
    """One question to the model about an instance, and the judged answer.

    Attributes:
        track: the instance.
        prompt: what is asked.
        previous: what is expected, which becomes the memory prompt; None while lost.
        trust: how far the motion can be trusted, 0..1.
        coast: (H, W) bool, where the motion alone expects it; None while lost.
        alike: (h, w) where the picture looks like it, None where the model cannot tell.
        recalled: whether looks are weighed into what is expected.
        rivals: ids of the instances in view that look the same.
        answer: what the model said, if it can be the instance.
        part: (H, W) bool of the answer, what is left to this instance.
        likeness: of the answer's colours to the memory, 0..1.
        rank: of the answer among others about the same instance.

    """

    track: Track
    prompt: Prompt
    previous: Segmentation | None = None
    trust: float = 0.0
    coast: np.ndarray | None = None
    alike: np.ndarray | None = None
    recalled: bool = False
    rivals: tuple[int, ...] = ()
    answer: Segmentation | None = None
    part: np.ndarray | None = None
    likeness: float = 0.0
    rank: float = -1.0

    @property
    def searches(self) -> bool:
        """Whether the instance is lost and may be anywhere."""
        return self.previous is None

    @property
    def expected(self) -> np.ndarray | None:
        """Where it is expected, (H, W) bool, None while lost."""
        return None if self.previous is None else self.previous.mask

    @property
    def found(self) -> Segmentation:
        """The accepted answer, for attempts that have one."""
        assert self.answer is not None
        return self.answer

    @property
    def confidence(self) -> float:
        """Score of the mask, lowered where it does not look like the instance."""
        if self.answer is None:
            return 0.0
        return float(self.answer.score) * min(1.0, self.likeness / 0.8)


def questions(
    tracks: Sequence[Track], frame: Frame, model: PromptableModel, config: TrackerConfig
) -> list[Attempt]:
    """Return what to ask: one attempt for an instance in view, several places for a lost one.

    Not all lost instances are looked for in each frame, see `search_each_frame`.
    """
    following, lost = [], []
    moved = _all_moved(tracks, frame, config)
    for track in tracks:
        attempt = None
        if track.id in moved:
            rivals = [other for other in tracks if _confusable(track, other, model)]
            attempt = _follow(track, moved, rivals, model, config)
        if attempt is None:
            lost.append(track)
        else:
            following.append(attempt)
    turn = (frame.stamp_ns // (NANOSECONDS // 100)) % max(1, len(lost))
    taken = np.zeros(frame.size, bool)
    for attempt in following:
        taken |= attempt.previous.mask
    searched = (lost[turn:] + lost[:turn])[: config.search_each_frame]
    return following + [a for t in searched for a in _search(t, taken, frame, model, config)]


@dataclass(frozen=True, eq=False)
class _Moved:
    """An instance's last result as the motion moves it, and how far that can be trusted."""

    result: Segmentation
    trust: float

    @cached_property
    def away(self) -> np.ndarray:
        """How far each place is from the moved mask, see `distances`."""
        return distances(self.result.mask)


def _all_moved(tracks: Sequence[Track], frame: Frame, config: TrackerConfig) -> dict[int, _Moved]:
    """Return id -> where the motion expects an instance, for those that it tells of."""
    motions: dict[int, Motion | None] = {}
    moved = {}
    for track in tracks:
        key = id(track.source)
        if key not in motions:
            motions[key] = _motion(track.source, frame, config)
        motion = motions[key]
        if track.unseen < config.lost_after and motion is not None:
            result = moved_segmentation(track.result, motion, frame.size)
            if result.mask.any():
                moved[track.id] = _Moved(result, motion.trust(result.mask))
    return moved


def _confusable(track: Track, other: Track, model: PromptableModel) -> bool:
    if track is other:
        return False
    return model.confusable(track.memory.exemplary_tokens, other.memory.exemplary_tokens)


def _motion(source: Frame, frame: Frame, config: TrackerConfig) -> Motion | None:
    """Return the motion since a frame, None where it cannot be known."""
    apart = abs(frame.stamp_ns - source.stamp_ns)
    if apart > config.gap_s * NANOSECONDS:
        return None
    motion = estimate(source, frame)
    return motion if motion.reliable else None


def _follow(
    track: Track,
    moved: Mapping[int, _Moved],
    rivals: Sequence[Track],
    model: PromptableModel,
    config: TrackerConfig,
) -> Attempt | None:
    """Ask for an instance where the motion expects it; None if it moved out of the picture.

    Looks cannot tell it from its rivals, so the nearest of them has a place.
    """
    expected, trust = moved[track.id].result, moved[track.id].trust
    coast, size = expected.mask, expected.mask.shape
    points = interior_points(coast, config.interior_clicks)
    if not points:
        return None
    beside = tuple(rival.id for rival in rivals if rival.id in moved)
    reach = config.farthest_reach * (1 - trust if beside else 1)
    near = surroundings(coast, reach, [moved[rival].away for rival in beside])
    tokens = [token for rival in rivals for token in rival.memory.exemplary_tokens]
    alike = model.resemblance(track.memory.exemplary_tokens, near, tokens)
    recalled = False
    if alike is not None:
        weighed = weigh(expected, alike, near, config.recall, trust < _SURE)
        inside = interior_points(weighed.mask, config.interior_clicks)
        least = _LEAST_RECALLED * np.count_nonzero(coast)
        if inside and np.count_nonzero(weighed.mask) > least:
            expected, points, recalled = weighed, inside, True
    prompt = Prompt(points=points, image_size=(size[0], size[1]))
    return Attempt(track, prompt, expected, trust, coast, alike, recalled, beside)


def _search(
    track: Track, taken: np.ndarray, frame: Frame, model: PromptableModel, config: TrackerConfig
) -> list[Attempt]:
    """Ask for an instance anywhere: by its words, or where the picture is most like it.

    Its memory goes with every try. Places where another is expected, (H, W) bool, are taken.
    """
    alike = None if track.text else model.resemblance(track.memory.exemplary_tokens)
    if alike is None:
        return [Attempt(track, Prompt(text=track.text, image_size=frame.size))]
    clicks = (((x, y, 1),) for x, y in peaks(alike, taken, config.search_places))
    return [
        Attempt(track, Prompt(points=points, image_size=frame.size), alike=alike)
        for points in clicks
    ]


def best_places(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return one attempt for each instance: the one that was answered best."""
    best: dict[int, Attempt] = {}
    for attempt in attempts:
        other = best.get(attempt.track.id)
        if other is None or attempt.rank > other.rank:
            best[attempt.track.id] = attempt
    return list(best.values())
