"""Carry instances into a new frame: expect, ask the model once for all, judge, remember."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.instances import TRACKED, UNCERTAIN, Segmentation, box_of
from seem_ros.prompts import Prompt, PromptKind
from seem_ros.tracking import identity
from seem_ros.tracking.appearance import describe
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import TrackerConfig
from seem_ros.tracking.continuity import bound
from seem_ros.tracking.history import Frame
from seem_ros.tracking.memory_bank import Memory
from seem_ros.tracking.model import PromptableModel
from seem_ros.tracking.motion import Motion, estimate, moved_segmentation
from seem_ros.tracking.track import Track


@dataclass(eq=False)
class _Attempt:
    """One instance's question to the model in this frame, and the judged answer."""

    track: Track
    prompt: Prompt
    previous: Segmentation | None
    expected: np.ndarray | None
    trust: float = 0.0
    answer: Segmentation | None = None
    likeness: float = 0.0

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


def advance(
    tracks: Sequence[Track],
    rgb: np.ndarray,
    frame: Frame,
    model: PromptableModel,
    config: TrackerConfig,
) -> None:
    """Find the instances in a new frame whose image the model has already.

    One call of the model decodes all of them. Nothing changes if it raises.

    Args:
        tracks: instances to carry over; changed.
        rgb: (H, W, 3) uint8 of the new frame.
        frame: the new frame.
        model: with `rgb` set as its image.
        config: thresholds.

    """
    attempts = _attempts(tracks, frame, config)
    _point_out(attempts, model, frame)
    if attempts:
        prompts = [attempt.prompt for attempt in attempts]
        glances = _glances(attempts, config)
        answers = model.predict_batch(
            prompts,
            [attempt.previous for attempt in attempts],
            [attempt.track.memory.tokens for attempt in attempts],
            glances,
        )
        for attempt, answer, glance in zip(attempts, answers, glances, strict=True):
            attempt.track.glances = attempt.track.glances + 1 if glance else 0
            _look_at(attempt, answer, rgb, model, config)
        _separate(attempts, config)
    tried = {attempt.track.id: attempt for attempt in attempts}
    for track in tracks:
        _conclude(track, tried.get(track.id), frame, config)
        _remember(track, rgb, frame, model, config)


def _glances(attempts: Sequence[_Attempt], config: TrackerConfig) -> list[bool]:
    """Tell for which instances a look around the last mask is enough.

    After `whole_every` frames an instance gets a whole look, those that are due at once in turn,
    so that no frame costs much more than the others.
    """
    due = [a for a in attempts if a.track.glances + 1 >= config.whole_every]
    due.sort(key=lambda attempt: -attempt.track.glances)
    whole = due[: -(-len(attempts) // config.whole_every)]
    return [
        attempt.previous is not None and attempt.previous.context is not None
        and attempt not in whole
        for attempt in attempts
    ]  # fmt: skip


def _attempts(tracks: Sequence[Track], frame: Frame, config: TrackerConfig) -> list[_Attempt]:
    motions: dict[int, Motion | None] = {}
    attempts = []
    for track in tracks:
        key = id(track.source)
        if key not in motions:
            motions[key] = _motion(track.source, frame, config)
        motion = motions[key]
        if track.unseen < config.lost_after and motion is not None:
            attempt = _follow(track, motion, frame, config)
            if attempt is not None:
                attempts.append(attempt)
                continue
        attempts.append(_search(track, frame))
    lost = [item for item in attempts if item.expected is None]
    turn = (frame.stamp_ns // (NANOSECONDS // 100)) % max(1, len(lost))
    dropped = {id(item) for item in (lost[turn:] + lost[:turn])[config.search_each_frame :]}
    return [item for item in attempts if id(item) not in dropped]


def _motion(source: Frame, frame: Frame, config: TrackerConfig) -> Motion | None:
    """Return the motion since a frame, None where it cannot be known."""
    apart = abs(frame.stamp_ns - source.stamp_ns)
    if apart > config.gap_s * NANOSECONDS:
        return None
    motion = estimate(source, frame)
    return motion if motion.reliable else None


def _follow(track: Track, motion: Motion, frame: Frame, config: TrackerConfig) -> _Attempt | None:
    """Ask for an instance where the motion expects it; None if it moved out of the picture."""
    expected = moved_segmentation(track.result, motion, frame.size)
    points = interior_points(expected.mask, config.interior_clicks)
    if not points:
        return None
    prompt = Prompt(points=points, image_size=frame.size)
    return _Attempt(track, prompt, expected, expected.mask, motion.trust(expected.mask))


def _search(track: Track, frame: Frame) -> _Attempt:
    """Ask for an instance anywhere: by its words, and by its memory, which goes with every try."""
    return _Attempt(track, Prompt(text=track.text, image_size=frame.size), None, None)


def _point_out(attempts: Sequence[_Attempt], model: PromptableModel, frame: Frame) -> None:
    """Point lost instances out where the picture is most like them and no other is expected."""
    taken = np.zeros(frame.size, bool)
    for attempt in attempts:
        if attempt.expected is not None:
            taken |= attempt.expected
    for attempt in attempts:
        if attempt.expected is None and not attempt.track.text:
            place = model.place_like(attempt.track.memory.tokens, taken)
            points = () if place is None else ((*place, 1),)
            attempt.prompt = Prompt(points=points, image_size=frame.size)


def interior_points(mask: np.ndarray, count: int) -> list[tuple[float, float, int]]:
    """Return up to `count` positive clicks far inside a (H, W) bool mask and far apart."""
    left, top, right, bottom = box_of(mask)
    if right == left:
        return []
    inside = np.pad(mask[top:bottom, left:right], 1).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
    points = []
    for _ in range(count):
        _, deepest, _, (x, y) = cv2.minMaxLoc(depth)
        if deepest < 1:
            break
        points.append((float(left + x), float(top + y), 1))
        cv2.circle(depth, (x, y), max(2, round(1.5 * deepest)), 0, -1)
    return points


def _look_at(
    attempt: _Attempt,
    answer: Segmentation,
    rgb: np.ndarray,
    model: PromptableModel,
    config: TrackerConfig,
) -> None:
    """Keep an answer that can be the instance: big enough, and looking like it."""
    best = answer
    if attempt.expected is None and len(answer.objects) > 1:
        best = _best_object(answer, attempt.track, rgb)
    if attempt.previous is not None:
        trust = attempt.trust
        reach = config.reach + (1 - trust) * (config.farthest_reach - config.reach)
        best = bound(best, attempt.previous, config.smoothing * trust, reach)
    if not best.found or np.count_nonzero(best.mask) < config.least_area:
        return
    memory = attempt.track.memory
    attempt.likeness = memory.likeness(describe(rgb, best.mask))
    following = attempt.expected is not None
    least = config.least_similarity if following else config.refind_similarity
    least_felt = config.least_likeness if following else config.refind_likeness
    # What the tracker took for the instance itself is not enough to bring it back.
    known = memory.tokens if following else memory.prompted_tokens
    if attempt.likeness >= least and model.likeness(best, known) >= least_felt:
        attempt.answer = best


def _best_object(answer: Segmentation, track: Track, rgb: np.ndarray) -> Segmentation:
    """Return the match that looks most like the instance, as a segmentation of its own."""
    seen = [item for item in answer.objects if item.mask.any()]
    if not seen:
        return answer
    best = max(seen, key=lambda item: track.memory.likeness(describe(rgb, item.mask)))
    return Segmentation(
        True, best.mask, best.score, best.class_name, best.class_score, [best], None
    )


def _separate(attempts: Sequence[_Attempt], config: TrackerConfig) -> None:
    """Drop impostors and let every pixel belong to one instance."""
    seen = [attempt for attempt in attempts if attempt.answer is not None]
    masks = [attempt.found.mask for attempt in seen]
    expected = [attempt.expected for attempt in seen]
    likeness = [attempt.likeness for attempt in seen]
    for index in identity.impostors(masks, expected, likeness, config.duplicate_iou):
        seen[index].answer = None
    seen = [attempt for attempt in seen if attempt.answer is not None]
    scores = [attempt.confidence for attempt in seen]
    parts = identity.resolve_overlaps(
        [attempt.found.mask for attempt in seen],
        scores,
        [attempt.expected for attempt in seen],
        config.overlap_bonus,
    )
    for attempt, part in zip(seen, parts, strict=True):
        if np.count_nonzero(part) < config.least_area:
            attempt.answer = None
        else:
            attempt.found.mask = part


def _conclude(track: Track, attempt: _Attempt | None, frame: Frame, config: TrackerConfig) -> None:
    """Set state and mask of an instance from its judged answer."""
    confidence = attempt.confidence if attempt else 0.0
    searching = attempt is None or attempt.expected is None
    if attempt is None or confidence < (config.refind_score if searching else config.lost_score):
        _not_seen(track, attempt, frame, config)
        return
    track.result, track.source, track.mask = attempt.found, frame, attempt.found.mask
    track.confidence, track.unseen, track.last_seen = confidence, 0, frame.stamp_ns
    track.state = TRACKED if confidence >= config.tracked_score else UNCERTAIN
    track.kinds |= PromptKind.MEMORY


def _not_seen(track: Track, attempt: _Attempt | None, frame: Frame, config: TrackerConfig) -> None:
    """Coast on the motion for a few frames, then call it lost."""
    track.unseen += 1
    if attempt is None or attempt.previous is None or track.unseen >= config.lost_after:
        track.unseen = max(track.unseen, config.lost_after)
        track.lose()
        return
    track.mask, track.state = attempt.expected, UNCERTAIN
    track.confidence = attempt.confidence
    track.result, track.source = attempt.previous, frame


def _remember(
    track: Track, rgb: np.ndarray, frame: Frame, model: PromptableModel, config: TrackerConfig
) -> None:
    """Remember a confident frame, at most five a second, so that memories differ."""
    confident = track.state == TRACKED and track.confidence >= config.memory_score
    fresh = abs(frame.stamp_ns - track.memory.newest_ns) >= NANOSECONDS // 5
    if confident and fresh and track.mask is not None:
        track.memory = track.memory.remember(
            memory_of(rgb, track.mask, frame.stamp_ns, track.confidence, model)
        )


def memory_of(
    rgb: np.ndarray,
    mask: np.ndarray,
    stamp_ns: int,
    score: float,
    model: PromptableModel,
    prompted: bool = False,
) -> Memory:
    """Return what to remember of an instance in the image that the model has."""
    return Memory(stamp_ns, prompted, score, describe(rgb, mask), model.remember(mask))
