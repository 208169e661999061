"""Correct or replace the mask of an instance; it keeps its id and label."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from seem_ros.instances import NO_KINDS
from seem_ros.prompts import Mode, Prompt, merge, rasterize
from seem_ros.prompts.phrases import parse_phrase
from seem_ros.segmentation import Segmentation
from seem_ros.segmenting.question import Question
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import ACCEPTED, PromptReport, TrackerConfig
from seem_ros.tracking.frames import HISTORY_S, GreyFrame
from seem_ros.tracking.judging import looks_like_shown
from seem_ros.tracking.model import Picture
from seem_ros.tracking.motion import moved_prompt
from seem_ros.tracking.recall import RECALL, interior_points, overlap, weigh
from seem_ros.tracking.state import TrackerState
from seem_ros.tracking.taking import nothing_found, shows_something, taken
from seem_ros.tracking.track import Evidence, Track

_CLEARLY_BETTER = 0.05  # overlap with where the picture looks like the instance, 0..1
_SUPPORTING_CLICKS = 2
_WRONG = 0.15  # around a negative click, as a share of the square root of the mask's area
_LEAST_WRONG = 4  # pixels


def refine(
    state: TrackerState, track: Track, prompt: Prompt, config: TrackerConfig
) -> tuple[TrackerState, PromptReport]:
    """Return the state after an instance was corrected or replaced, and what became of it.

    Where marks only say what it is not, and what is left does not look like it either, it is lost:
    it will be looked for.

    Raises:
        ValueError: the instance is lost, and nothing says where it is.

    """
    replaces, previous, shows = prompt.mode == Mode.REPLACE, None, prompt.has_positive
    if replaces:
        track = _replaced(track)
    elif track.mask is not None:
        previous = dataclasses.replace(track.result, mask=track.mask)
        prompt = _with_earlier(track.evidence, prompt, state.frame.small)
    if previous is None and not prompt.has_positive:
        raise ValueError(f"instance {track.id} is lost: show where it is with a positive click")
    followed = track.memory.reaches_before(state.frame.small.stamp_ns)
    picture = state.frame.picture
    result = corrected(track, prompt, previous, picture, state.late_names, followed)
    if replaces and len(result.objects) > 1:
        result = Segmentation.from_object(result.objects[0])  # words may fit several things
    if not shows_something(result):
        return state, nothing_found(prompt, track.id)
    if followed and not shows and not looks_like_shown(result, track, state.frame):
        note = f"instance {track.id} is not there: it is looked for"
        without = state.with_tracks(state.tracks.replaced([track.lost()]))
        return without, PromptReport(prompt.id, ACCEPTED, note, track.id)
    report = PromptReport(prompt.id, ACCEPTED, f"refined instance {track.id}", track.id)
    return taken(state, track, result, prompt, config), report


def _replaced(track: Track) -> Track:
    """Return an instance without what it was; a label that was only its words goes with them."""
    said = parse_phrase(track.text).label if track.text else ""
    label = "" if track.label == said else track.label
    memory = track.memory.forget()
    return dataclasses.replace(track, memory=memory, kinds=NO_KINDS, text="", label=label)


def _with_earlier(earlier: Evidence | None, prompt: Prompt, frame: GreyFrame) -> Prompt:
    """Return a prompt with the clicks and strokes of the rounds shortly before it."""
    if earlier is None or earlier.frame.size != frame.size:
        return prompt
    if abs(frame.stamp_ns - earlier.frame.stamp_ns) > HISTORY_S * NANOSECONDS:
        return prompt
    marks = dataclasses.replace(earlier.prompt, boxes=(), mask=None, example=None)
    if earlier.frame is not frame:
        try:
            marks = moved_prompt(marks, earlier.frame, frame)
        except ValueError:  # a cut lies between: the earlier marks point nowhere
            return prompt
    return merge(marks, prompt)


def corrected(
    track: Track,
    prompt: Prompt,
    previous: Segmentation | None,
    picture: Picture,
    name_later: bool = False,
    followed: bool = True,
) -> Segmentation:
    """Return the picture's answer to a correction.

    Clicks inside the mask refine it, and all do in the frame in which the instance was shown.
    Later, any other is asked with clicks on what looks like the instance, and with the memory of
    what the operator showed before. One that is missed altogether may say that the mask slipped
    onto something else: then an answer without the mask fits better to where the picture looks
    like the instance.

    Args:
        track: the instance.
        prompt: in the pixels of the picture.
        previous: its mask as it is, None where there is none to go by.
        picture: the newest one.
        name_later: whether the answer need not wait for its name.
        followed: whether the instance was shown in an earlier picture.

    """
    known = track.memory.prompted_tokens
    if previous is None:
        memories = known if prompt.has_spatial else ()
        return _answer(picture, Question(prompt, None, memories, name_later=name_later))
    missed = _points_outside(prompt, previous.mask)
    if prompt.has_positive and not missed and not (followed and _takes_away(prompt)):
        return _answer(picture, Question(prompt, previous, name_later=name_later))
    alike = picture.resemblance(known)
    supported = with_support(prompt, previous.mask, alike)
    if alike is None:
        return _answer(picture, Question(supported, previous, name_later=name_later))
    expected = weigh(previous, alike, np.ones(previous.mask.shape, bool), RECALL)
    questions = [Question(supported, expected, known, insists=True)]
    questions += [Question(prompt, None, known)] if missed else []
    added, *anew = picture.answer(questions)
    for answer in anew:
        gain = overlap(alike, answer.mask) - overlap(alike, added.mask)
        if answer.found and gain > _CLEARLY_BETTER:
            return answer
    return added


def _answer(picture: Picture, question: Question) -> Segmentation:
    return picture.answer([question])[0]


def with_support(prompt: Prompt, mask: np.ndarray, alike: np.ndarray | None) -> Prompt:
    """Return a prompt with more positive clicks, where a mask is surely right.

    Models take negative marks alone for a reason to see nothing at all, and a click on a part
    that was missed for the part alone.

    Args:
        prompt: in the mask's pixels.
        mask: (H, W) bool that it corrects.
        alike: as Picture.resemblance gives it, None where that is not known.

    """
    right = mask
    if alike is not None:
        looks = cv2.resize(alike, mask.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0
        right = mask & looks if (mask & looks).any() or prompt.has_positive else mask
    wrong = rasterize(prompt, *mask.shape).negative.astype(np.uint8)
    radius = max(_LEAST_WRONG, round(_WRONG * float(np.sqrt(np.count_nonzero(mask)))))
    for x, y, _ in prompt.points:
        cv2.circle(wrong, (int(x), int(y)), radius, 1, -1)
    support = interior_points(right & (wrong == 0), _SUPPORTING_CLICKS)
    return dataclasses.replace(prompt, points=(*prompt.points, *support))


def _takes_away(prompt: Prompt) -> bool:
    """Tell whether a click or a stroke says what is not meant."""
    return any(not label for *_, label in prompt.points) or any(
        not stroke.positive for stroke in prompt.strokes
    )


def _points_outside(prompt: Prompt, mask: np.ndarray) -> bool:
    """Tell whether a positive click or the start of a stroke lies outside an (H, W) mask."""
    places = [(x, y) for x, y, label in prompt.points if label]
    places += [stroke.points[0] for stroke in prompt.strokes if stroke.positive]
    return any(not mask[int(y), int(x)] for x, y in places)
