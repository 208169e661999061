"""All that a tracker knows between two steps, as one value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracking.choices import Choices
from seem_ros.tracking.config import ACCEPTED, NOT_FOUND, PromptReport
from seem_ros.tracking.frames import FrameHistory, NewestFrame
from seem_ros.tracking.track import Track, TrackSet

WATCH_EVERY = 5  # frames between two looks for new matches of a text: each costs a prompt
_UNDO_DEPTH = 50  # prompts that can be taken back


@dataclass(frozen=True, eq=False)
class Change:
    """One prompt's effect.

    Attributes:
        prompt_id: the prompt's own id.
        before: the instances it touched as they were; None for those it made.
        target_before: the selected instance before it.

    """

    prompt_id: str
    before: Mapping[int, Track | None]
    target_before: int

    @classmethod
    def between(cls, prompt_id: str, before: TrackSet, after: TrackSet) -> Change | None:
        """Return what a prompt changed, None if nothing."""
        touched: dict[int, Track | None] = {}
        for instance_id in before.tracks.keys() | after.tracks.keys():
            old, new = before.tracks.get(instance_id), after.tracks.get(instance_id)
            if old is None or new is None or not old.has_values_of(new):
                touched[instance_id] = old
        if not touched and before.target_id == after.target_id:
            return None
        return cls(prompt_id, touched, before.target_id)

    def taken_back(self, tracks: TrackSet) -> TrackSet:
        """Return the instances without the change; masks may be of an older frame."""
        made = [instance_id for instance_id, old in self.before.items() if old is None]
        kept = {key: track for key, track in tracks.tracks.items() if key not in made}
        kept.update((old.id, old) for old in self.before.values() if old is not None)
        target_id = self.target_before if self.target_before in kept else 0
        return TrackSet(kept, target_id, tracks.next_id)


@dataclass(frozen=True, eq=False)
class TextWatch:
    """The texts that were given with `track`: new matches become new instances.

    Attributes:
        prompts: the latest of each text.
        frames: seen so far.

    """

    prompts: tuple[Prompt, ...] = ()
    frames: int = 0

    def noted(self, prompt: Prompt, report: PromptReport) -> TextWatch:
        """Return the watch with a text prompt with `track`, also if nothing is in view yet."""
        wanted = prompt.track and prompt.text.strip() and not prompt.has_spatial
        if not wanted or prompt.mode != Mode.ADD or report.code not in (ACCEPTED, NOT_FOUND):
            return self
        others = [item for item in self.prompts if item.text != prompt.text]
        added = dataclasses.replace(prompt, image_size=None, stamp_ns=0)
        return TextWatch((*others, added), self.frames)

    def next_frame(self) -> TextWatch:
        """Return the watch one frame later."""
        return TextWatch(self.prompts, self.frames + 1)

    @property
    def due(self) -> tuple[Prompt, ...]:
        """What is to be asked for in this frame: one text, in turn, so that many cost no more."""
        turn, rest = divmod(self.frames, WATCH_EVERY)
        if rest or not self.prompts:
            return ()
        return (self.prompts[turn % len(self.prompts)],)


@dataclass(frozen=True, eq=False)
class TrackerState:
    """What a step starts from, and what it returns anew: nothing in it is ever changed.

    Attributes:
        tracks: the instances.
        changes: what prompts did to them, to be taken back, newest last.
        watch: texts to be asked for again.
        history: the last frames.
        newest: the newest one, None before the first.
        choices: the last clicks, and what else they can mean.
        late_names: whether masks of clicks do not wait for their names.

    """

    tracks: TrackSet = TrackSet()
    changes: tuple[Change, ...] = ()
    watch: TextWatch = TextWatch()
    history: FrameHistory = FrameHistory()
    newest: NewestFrame | None = None
    choices: Choices = Choices()
    late_names: bool = False

    @property
    def frame(self) -> NewestFrame:
        """The newest frame.

        Raises:
            RuntimeError: there was none yet.

        """
        if self.newest is None:
            raise RuntimeError("no frame yet")
        return self.newest

    def with_tracks(self, tracks: TrackSet) -> TrackerState:
        """Return the state with other instances."""
        return dataclasses.replace(self, tracks=tracks)

    def recorded(self, prompt_id: str, before: TrackSet) -> TrackerState:
        """Return the state in which what a prompt did to the instances can be taken back."""
        change = Change.between(prompt_id, before, self.tracks)
        if change is None:
            return self
        return dataclasses.replace(self, changes=(*self.changes, change)[-_UNDO_DEPTH:])

    def newest_change(self, instance_id: int = 0) -> Change:
        """Return the newest change, or the newest one that touched an instance.

        Raises:
            ValueError: there is none.

        """
        for change in reversed(self.changes):
            if instance_id == 0 or instance_id in change.before:
                return change
        about = f" for instance {instance_id}" if instance_id else ""
        raise ValueError(f"nothing to undo{about}")

    def without(self, change: Change) -> TrackerState:
        """Return the state with a change taken back."""
        changes = tuple(other for other in self.changes if other is not change)
        tracks = change.taken_back(self.tracks)
        return dataclasses.replace(self, tracks=tracks, changes=changes)
