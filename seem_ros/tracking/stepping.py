"""A step of the tracker: a state in, the next state and reports out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from seem_ros.instances import label_image
from seem_ros.model.out_of_memory import free, is_out_of_memory
from seem_ros.prompts import Mode, Prompt
from seem_ros.segmenting.question import Question
from seem_ros.tracking.choosing import next_reading, with_readings
from seem_ros.tracking.clock import Arrival
from seem_ros.tracking.config import DONE, NOT_FOUND, REFUSED, PromptReport, TrackerConfig
from seem_ros.tracking.correcting import refine
from seem_ros.tracking.frames import FrameHistory, NewestFrame, is_small
from seem_ros.tracking.propagation import advance
from seem_ros.tracking.routing import addressed, clicked_instance, on_newest
from seem_ros.tracking.starting import add_matches, add_one
from seem_ros.tracking.state import Change, TrackerState
from seem_ros.tracking.taking import nothing_found
from seem_ros.tracking.turns import TimeLimit
from seem_ros.tracking.watching import watched

Outcome = tuple[TrackerState, PromptReport]
NO_MEMORY = (
    "out of memory, also at half the work at a time: nothing has changed; use a smaller model or "
    "image, or close other programs on the device"
)


def moved_on(
    state: TrackerState,
    frame: NewestFrame,
    arrival: Arrival,
    config: TrackerConfig,
    limit: TimeLimit,
) -> TrackerState:
    """Return the state in a new frame: instances moved along, watched texts asked for again."""
    history = FrameHistory() if arrival is Arrival.RESTART else state.history
    state = dataclasses.replace(state, newest=frame, history=history)
    if frame.small.is_blank:
        return state.with_tracks(state.tracks.replaced(track.lost() for track in state.tracks))
    tracks = state.tracks.replaced(
        advance(list(state.tracks), frame, config, limit, state.tracks.target_id)
    )
    watch = state.watch.next_frame()
    state = dataclasses.replace(state, tracks=tracks, watch=watch)
    for prompt in watch.due:
        (result,) = frame.picture.answer([Question(prompt.validated(*frame.size))])
        if result.found:
            state = watched(state, result, prompt, config)
    return state


def named(state: TrackerState) -> TrackerState:
    """Return the state with the names that masks did not wait for; the very one if there are none.

    Where memory runs out for them, instances keep the names they have.
    """
    unnamed = [track for track in state.tracks if track.naming is not None]
    if not unnamed:
        return state
    try:
        known = [track.named() for track in unnamed]
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        free()
        known = [dataclasses.replace(track, naming=None) for track in unnamed]
    return state.with_tracks(state.tracks.replaced(known))


def prompted(
    state: TrackerState, prompts: Sequence[Prompt], config: TrackerConfig
) -> tuple[TrackerState, list[PromptReport]]:
    """Return the state after prompts, carried out in order, and what became of each."""
    reports = []
    for prompt in prompts:
        state, report = _carried_out(state, prompt, config)
        reports.append(report)
    labels = label_image(state.tracks.instances, *state.frame.size)
    history = state.history.add(state.frame.small, labels)
    return dataclasses.replace(state, history=history), reports


def undone(
    state: TrackerState, config: TrackerConfig, instance_id: int = 0
) -> tuple[TrackerState, Change]:
    """Return the state without its newest change, or that of an instance, and the change.

    What that restores is of an older frame, so it is carried into the newest one.

    Raises:
        ValueError: there is nothing to undo.

    """
    change = state.newest_change(instance_id)
    state, frame = state.without(change), state.frame
    stale = [old for old in change.before.values() if old and old.source is not frame.small]
    if frame.small.is_blank:
        here = [track.lost() for track in stale]
    else:
        here = advance(stale, frame, config)
    return state.with_tracks(state.tracks.replaced(here)), change


def needed_detail(state: TrackerState, config: TrackerConfig) -> float:
    """Return in which detail the next frame is read: more while something small is in view."""
    small = any(track.mask is not None and is_small(track.mask) for track in state.tracks)
    return config.small_detail if small else 1.0


def _carried_out(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    """Return the state after one prompt, and what became of it.

    The code is "refused", with the reason, where the prompt makes no sense; then the state is
    the very one that was given.
    """
    known = () if config.click_mode == "new" else state.tracks.tracks.keys()
    try:
        prompt = on_newest(prompt, state.frame.small, state.history, known)
        parts = state.frame.model.split(prompt) if prompt.mode in _WORDED else (prompt,)
        after, reports = state, []
        for part in parts:
            after, report = _HANDLERS.get(part.mode, _segment)(after, part, config)
            after, report = with_readings(after, report, config)
            after = dataclasses.replace(after, watch=after.watch.noted(part, report))
            asked = prompt if len(parts) == 1 else part
            reports.append(_in_their_words(report, part, asked))
    except ValueError as error:
        return state, PromptReport(prompt.id, REFUSED, str(error))
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        free()
        return state, PromptReport(prompt.id, REFUSED, NO_MEMORY)
    if prompt.mode != Mode.UNDO:
        after = after.recorded(prompt.id, state.tracks)
    return after, _together(reports)


def _in_their_words(report: PromptReport, part: Prompt, asked: Prompt) -> PromptReport:
    """Return a report that nothing fits, with the words that were said for their normal form."""
    nothing = nothing_found(part, report.instance_id)
    return nothing_found(asked, report.instance_id) if report == nothing else report


def _together(reports: Sequence[PromptReport]) -> PromptReport:
    """Return one report on a prompt for several things: that of the first one found, and all."""
    best = next((report for report in reports if report.code != NOT_FOUND), reports[0])
    message = "; ".join(dict.fromkeys(report.message for report in reports))
    return dataclasses.replace(best, message=message)


def _remove(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    track = clicked_instance(prompt, state.tracks)
    after = state.with_tracks(state.tracks.removed(track.id))
    return after, PromptReport(prompt.id, DONE, f"removed instance {track.id}", track.id)


def _select(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    track = clicked_instance(prompt, state.tracks)
    after = state.with_tracks(state.tracks.selected(track.id))
    return after, PromptReport(prompt.id, DONE, f"selected instance {track.id}", track.id)


def _undo(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    state, change = undone(state, config, prompt.instance_id)
    touched = next(iter(change.before), 0)
    named = f" {change.prompt_id}" if change.prompt_id else ""
    return state, PromptReport(prompt.id, DONE, f"took back prompt{named}", touched)


def _segment(state: TrackerState, prompt: Prompt, config: TrackerConfig) -> Outcome:
    if state.frame.small.is_blank:
        raise ValueError("the frame is blank: nothing can be seen in it")
    track = addressed(prompt, state.tracks, config.click_mode)
    prompt = prompt.validated(*state.frame.size, has_instance=track is not None)
    if track is not None:
        return refine(state, track, prompt, config)
    if prompt.has_spatial or not prompt.text.strip():
        return add_one(state, prompt, config)
    return add_matches(state, prompt, config)


_WORDED = (Mode.ADD, Mode.REFINE, Mode.REPLACE)
_HANDLERS: dict[Mode, Callable[[TrackerState, Prompt, TrackerConfig], Outcome]] = {
    Mode.REMOVE: _remove,
    Mode.UNDO: _undo,
    Mode.SELECT: _select,
    Mode.NEXT: next_reading,
}
