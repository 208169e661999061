"""Carry out what operators ask: new instances, refinements, and commands."""

from __future__ import annotations

import dataclasses

import numpy as np

from seem_ros.instances import (
    TRACKED,
    UNCERTAIN,
    Segmentation,
    SegmentedObject,
    State,
    iou,
)
from seem_ros.prompts import Mode, Prompt, PromptKind, merge
from seem_ros.tracking.clock import NANOSECONDS
from seem_ros.tracking.config import (
    ACCEPTED,
    DONE,
    NOT_FOUND,
    REFUSED,
    PromptReport,
    TrackerConfig,
)
from seem_ros.tracking.correcting import contradicts, corrected
from seem_ros.tracking.memory_bank import MemoryBank
from seem_ros.tracking.model import Scene
from seem_ros.tracking.motion import moved_prompt
from seem_ros.tracking.propagation import advance, memory_of
from seem_ros.tracking.routing import addressed, clicked_instance
from seem_ros.tracking.track import Track, TrackSet
from seem_ros.tracking.undo import UndoLog

_SAME_THING_IOU = 0.6


class PromptDesk:
    """Applies prompts to the instances, one report each; a refused prompt changes nothing."""

    def __init__(self, tracks: TrackSet, undo_log: UndoLog, config: TrackerConfig) -> None:
        """Work on these instances."""
        self._tracks = tracks
        self._undo_log = undo_log
        self._config = config

    def apply(self, prompt: Prompt, scene: Scene) -> PromptReport:
        """Carry out one prompt, which is in the pixels of the scene's frame.

        Returns:
            The report; code "refused" with the reason where the prompt makes no sense.

        """
        saved = self._tracks.saved()
        handlers = {
            Mode.REMOVE: self._remove,
            Mode.UNDO: self._undo,
            Mode.SELECT: self._select,
        }
        handler = handlers.get(prompt.mode, self._segment)
        try:
            report = handler(prompt, scene)
        except ValueError as error:
            return PromptReport(prompt.id, REFUSED, str(error))
        if prompt.mode != Mode.UNDO:
            self._undo_log.record(prompt.id, saved, self._tracks)
        return report

    def _remove(self, prompt: Prompt, scene: Scene) -> PromptReport:
        track = clicked_instance(prompt, self._tracks)
        self._tracks.remove(track.id)
        return PromptReport(prompt.id, DONE, f"removed instance {track.id}", track.id)

    def _select(self, prompt: Prompt, scene: Scene) -> PromptReport:
        track = clicked_instance(prompt, self._tracks)
        self._tracks.target_id = track.id
        return PromptReport(prompt.id, DONE, f"selected instance {track.id}", track.id)

    def _undo(self, prompt: Prompt, scene: Scene) -> PromptReport:
        change, restored = self._undo_log.undo(self._tracks, prompt.instance_id)
        stale = [track for track in restored if track.source is not scene.frame]
        if stale:
            scene.ready()
            advance(stale, scene.rgb, scene.frame, scene.model, self._config)
        touched = next(iter(change.before), 0)
        named = f" {change.prompt_id}" if change.prompt_id else ""
        return PromptReport(prompt.id, DONE, f"took back prompt{named}", touched)

    def _segment(self, prompt: Prompt, scene: Scene) -> PromptReport:
        if scene.frame.is_blank:
            raise ValueError("the frame is blank: nothing can be seen in it")
        track = addressed(prompt, self._tracks, self._config.click_mode)
        prompt = prompt.validated(*scene.frame.size, has_instance=track is not None)
        scene.ready()
        if track is not None:
            return self._refine(track, prompt, scene)
        if prompt.has_spatial or not prompt.text.strip():
            return self._add_one(prompt, scene)
        return self._add_matches(prompt, scene)

    def _refine(self, track: Track, prompt: Prompt, scene: Scene) -> PromptReport:
        """Correct or replace an instance's mask; it keeps its id and label."""
        replaces = prompt.mode == Mode.REPLACE
        previous = None
        if track.mask is not None and not replaces:
            previous = dataclasses.replace(track.result, mask=track.mask)
        if previous is None and not prompt.has_positive:
            raise ValueError(
                f"instance {track.id} is lost: show where it is with a positive click"
            )
        if previous is not None:
            prompt = self._with_earlier(track, prompt, scene)
        if replaces:
            result = scene.model.predict(prompt)
        else:
            result = corrected(track, prompt, previous, scene.model, self._config.recall)
        if replaces and len(result.objects) > 1:
            result = _as_segmentation(result.objects[0])  # words may fit several things
        if not self._shows_something(result):
            return self._nothing(prompt, track.id)
        if replaces:
            track.memory, track.kinds, track.text = track.memory.forget(), PromptKind(0), ""
        self._take(track, result, prompt, scene)
        return PromptReport(prompt.id, ACCEPTED, f"refined instance {track.id}", track.id)

    def _with_earlier(self, track: Track, prompt: Prompt, scene: Scene) -> Prompt:
        """Return the prompt with the clicks and strokes of the rounds shortly before it."""
        earlier, frame = track.evidence, track.evidence_frame
        if earlier is None or frame is None or frame.size != scene.frame.size:
            return prompt
        if scene.frame.stamp_ns - frame.stamp_ns > self._config.history_s * NANOSECONDS:
            return prompt
        marks = dataclasses.replace(earlier, boxes=(), mask=None, example=None)
        if frame is not scene.frame:
            try:
                marks = moved_prompt(marks, frame, scene.frame)
            except ValueError:  # a cut lies between: the earlier marks point nowhere
                return prompt
        return merge(marks, prompt)

    def _add_one(self, prompt: Prompt, scene: Scene) -> PromptReport:
        """Start the one instance that is pointed at, drawn or shown."""
        only_mask = prompt.mask if prompt.kinds == PromptKind.MASK else None
        if self._config.trust_masks and only_mask is not None:
            result = Segmentation.from_mask(only_mask)
            self._read_small(result, scene)
        else:
            result = self._pointed(prompt, scene)
        if not self._shows_something(result):
            return self._nothing(prompt)
        known = None if prompt.points or prompt.strokes else self._same_thing(result.mask)
        if known is not None and self._config.click_mode != "new":
            self._take(known, result, prompt, scene)
            return PromptReport(prompt.id, ACCEPTED, f"refined instance {known.id}", known.id)
        track = self._start(result, prompt, scene)
        return PromptReport(prompt.id, ACCEPTED, f"new instance {track.id}", track.id)

    def _pointed(self, prompt: Prompt, scene: Scene) -> Segmentation:
        """Return what is pointed at; small things are looked at once more, in more detail."""
        result = scene.model.predict(prompt)
        if not (self._shows_something(result) and self._read_small(result, scene)):
            return result
        finer = scene.model.predict(prompt)
        return finer if self._shows_something(finer) else result

    def _read_small(self, result: Segmentation, scene: Scene) -> bool:
        """Have the image read in more detail for a small thing; return whether it was not yet."""
        small = np.count_nonzero(result.mask) < self._config.small_area * result.mask.size
        return small and scene.read(self._config.small_detail)

    def _add_matches(self, prompt: Prompt, scene: Scene) -> PromptReport:
        """Start one instance per match of a text, except for those already tracked."""
        result = scene.model.predict(prompt)
        if not self._shows_something(result):
            return self._nothing(prompt)
        ids = self.start_matches(result, prompt, scene)
        if not ids:
            raise ValueError(f"already {self._config.max_instances} instances (max_instances)")
        named = "instance" if len(ids) == 1 else f"{len(ids)} instances"
        message = f"{named} {', '.join(map(str, ids))}"
        return PromptReport(prompt.id, ACCEPTED, message, ids[0])

    def start_matches(self, result: Segmentation, prompt: Prompt, scene: Scene) -> list[int]:
        """Start an instance for each match; return their ids, with those already tracked."""
        ids = []
        for match in result.objects or [_as_object(result)]:
            known = self._same_thing(match.mask)
            if known is not None:
                known.text = known.text or prompt.text
                known.kinds |= prompt.kinds
                ids.append(known.id)
            elif len(self._tracks.tracks) < self._config.max_instances:
                ids.append(self._start(_as_segmentation(match), prompt, scene).id)
        return list(dict.fromkeys(ids))

    def _start(self, result: Segmentation, prompt: Prompt, scene: Scene) -> Track:
        config = self._config
        if len(self._tracks.tracks) >= config.max_instances:
            raise ValueError(
                f"already {config.max_instances} instances (max_instances): remove one first"
            )
        bank = MemoryBank(config.memory_prompted, config.memory_frames)
        track = Track(self._tracks.new_id(), bank, result, scene.frame)
        self._take(track, result, prompt, scene)
        self._tracks.add(track)
        return track

    def _take(self, track: Track, result: Segmentation, prompt: Prompt, scene: Scene) -> None:
        """Make a prompted result the instance's state and remember it."""
        mask = result.mask
        track.result, track.source, track.mask = result, scene.frame, mask
        track.given_name = (result.class_name, result.class_score)
        track.confidence, track.unseen = float(result.score), 0
        track.state = self._state(track.confidence)
        track.last_seen = scene.frame.stamp_ns
        track.kinds |= prompt.kinds
        track.label = prompt.label or track.label
        track.text = prompt.text.strip() or track.text
        exemplary = self._is_exemplary(track, prompt, scene)
        track.evidence, track.evidence_frame = prompt, scene.frame
        memory = memory_of(
            scene.rgb, mask, track.last_seen, track.confidence, scene.model, True, exemplary
        )
        track.memory = track.memory.remember(memory)
        for other in self._tracks.tracks.values():
            if other is not track and other.mask is not None and (other.mask & mask).any():
                other.mask = other.mask & ~mask  # the operator pointed here just now

    def _is_exemplary(self, track: Track, prompt: Prompt, scene: Scene) -> bool:
        """Tell whether a prompted result is to be compared with place by place.

        A correction later on repairs a mask that went wrong, and seldom makes it exact; it says
        something new only where it contradicts what is remembered.
        """
        if not track.memory.memories or track.evidence_frame is scene.frame:
            return True
        alike = scene.model.resemblance(track.memory.exemplary_tokens)
        return contradicts(prompt, alike, scene.frame.size)

    def _state(self, confidence: float) -> State:
        return TRACKED if confidence >= self._config.tracked_score else UNCERTAIN

    def _same_thing(self, mask: np.ndarray) -> Track | None:
        for track in self._tracks.tracks.values():
            if track.mask is not None and iou(track.mask, mask) >= _SAME_THING_IOU:
                return track
        return None

    def _shows_something(self, result: Segmentation) -> bool:
        return result.found and bool(np.count_nonzero(result.mask) >= self._config.least_area)

    def _nothing(self, prompt: Prompt, instance_id: int = 0) -> PromptReport:
        what = f"'{prompt.text.strip()}'" if prompt.text.strip() else "the prompt"
        return PromptReport(prompt.id, NOT_FOUND, f"nothing in view fits {what}", instance_id)


def _as_object(result: Segmentation) -> SegmentedObject:
    return SegmentedObject(result.mask, result.score, result.class_name, result.class_score)


def _as_segmentation(match: SegmentedObject) -> Segmentation:
    """Return one match as a segmentation of its own; the logits of all would mix the objects."""
    return Segmentation(
        True, match.mask, match.score, match.class_name, match.class_score, [match], None
    )
