"""Tracker: a stream of frames and prompts in, instances that stay themselves out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence

import numpy as np

from seem_ros.instances import Instance
from seem_ros.prompts import Prompt
from seem_ros.prompts.checks import as_image
from seem_ros.tracking import stepping
from seem_ros.tracking.clock import Arrival, arrive
from seem_ros.tracking.config import PromptReport, TrackerConfig
from seem_ros.tracking.frames import GreyFrame, NewestFrame
from seem_ros.tracking.model import PromptableModel
from seem_ros.tracking.state import TrackerState
from seem_ros.tracking.track import TrackSet
from seem_ros.tracking.turns import Clock, TimeLimit

__all__ = ["PromptReport", "Tracker", "TrackerConfig"]


class Tracker:
    """Follows prompted instances through a stream; `step` is called once a frame.

    Time: the newest frame given again, the same picture with the same stamp, has prompts applied
    to it without moving on. Another picture is a new frame whatever its stamp: also one with the
    stamp of the newest, of any size. A frame a little older is skipped and its prompts wait for
    the next one; one much older, or the fourth such in a row, means that time started again,
    which keeps the instances but trusts no motion. A blank frame loses sight of all instances and
    keeps their memory. The image size may change at any time.

    Not thread-safe: call it from one thread.

    Attributes:
        config: how it decides, from the next step on.
        state: all it knows, as a value; one that was kept can be put back.
        reports: what became of the prompts of the last step.
        late_frames: frames that were skipped.

    """

    def __init__(
        self,
        segmenter: PromptableModel,
        config: TrackerConfig | None = None,
        clock: Clock = time.monotonic,
        *,
        late_names: bool = False,
    ) -> None:
        """Track with a Segmenter, or anything that looks at pictures like one.

        Args:
            segmenter: looks at the pictures.
            config: how to decide.
            clock: steady, seconds; what `max_frame_time` is measured by.
            late_names: what is pointed at gets its mask without waiting for the detector, and its
                name by that with the next step, or by `complete_names`.

        """
        self.config = config or TrackerConfig()
        self.state = TrackerState(late_names=late_names)
        self.reports: list[PromptReport] = []
        self.late_frames = 0
        self._model, self._clock = segmenter, clock
        self._late_run = 0
        self._waiting: list[Prompt] = []

    @property
    def instances(self) -> list[Instance]:
        """The instances as of the newest frame, lost ones included, by id."""
        return list(self.state.tracks.instances)

    @property
    def waiting(self) -> int:
        """How many instances in view the newest frame left no time for, see `max_frame_time`."""
        return sum(track.is_waiting for track in self.state.tracks)

    @property
    def target_id(self) -> int:
        """Id of the selected instance, 0 for none."""
        return self.state.tracks.target_id

    def step(
        self,
        rgb: np.ndarray,
        stamp_ns: int | None = None,
        prompts: Iterable[Prompt] = (),
        *,
        stamp: int | None = None,
    ) -> list[Instance]:
        """Take the next frame and the prompts that came since the last one.

        A step happens wholly or not at all. If the model fails, everything is as it was before,
        the frame may come again, and the prompts wait for the next step; see `discard_waiting`.

        Args:
            rgb: (H, W, 3) uint8 RGB. It is kept, not copied: do not write into it afterwards.
            stamp_ns: time of the frame, nanoseconds; None counts on at 30 frames a second.
            prompts: carried out in order after the instances moved on; see `reports`.
            stamp: another name for `stamp_ns`.

        Returns:
            All instances by id, lost ones with mask None.

        Raises:
            ValueError: the image is not (H, W, 3) uint8, or the stamp is not whole nanoseconds.

        """
        if stamp is not None and stamp_ns is not None:
            raise ValueError("give stamp_ns or stamp, they mean the same")
        limit = TimeLimit.of(self.config.max_frame_time, self._clock)
        rgb = as_image(rgb, "image")
        arrival, stamp_ns = self._arrival(stamp if stamp_ns is None else stamp_ns)
        self._waiting = [*self._waiting, *prompts]
        if self.skip_if_late(stamp_ns):
            self.reports = []
            return self.instances
        state = self._arrived(rgb, stamp_ns, arrival, limit)
        self.state, self.reports = stepping.prompted(state, self._waiting, self.config)
        self._waiting = []
        if arrival is not Arrival.SAME:
            self._late_run = 0
        return self.instances

    def skip_if_late(self, stamp_ns: int) -> bool:
        """Skip a frame that comes late, and tell whether it was skipped.

        `step` does so itself; asking before spares making the picture of a late frame.

        Raises:
            ValueError: the stamp is not whole nanoseconds.

        """
        late = self._arrival(stamp_ns)[0] is Arrival.LATE
        self.late_frames += late
        self._late_run += late
        return late

    def _arrival(self, stamp_ns: int | None) -> tuple[Arrival, int]:
        newest = self.state.newest
        newest_ns = None if newest is None else newest.small.stamp_ns
        return arrive(newest_ns, stamp_ns, self._late_run)

    def _arrived(
        self, rgb: np.ndarray, stamp_ns: int, arrival: Arrival, limit: TimeLimit
    ) -> TrackerState:
        """Return the state in a frame that came, before its prompts."""
        state, repeats = stepping.named(self.state), 0
        if arrival is Arrival.SAME:
            if state.frame.shows(rgb):
                return state
            arrival, repeats = Arrival.REPEATED, state.frame.small.repeats + 1
        detail = stepping.needed_detail(state, self.config)
        frame = NewestFrame(rgb, GreyFrame.of(rgb, stamp_ns, repeats), self._model, detail)
        return stepping.moved_on(state, frame, arrival, self.config, limit)

    def remove(self, instance_ids: Sequence[int] | int) -> None:
        """Remove instances now; their ids are not used again.

        Raises:
            ValueError: an id is unknown; then none is removed.

        """
        ids = [instance_ids] if isinstance(instance_ids, int) else list(instance_ids)
        before = tracks = self.state.tracks
        for instance_id in dict.fromkeys(ids):
            tracks = tracks.removed(instance_id)
        self.state = self.state.with_tracks(tracks).recorded("", before)

    def select(self, instance_id: int) -> None:
        """Make an instance the selected one; 0 selects none.

        Raises:
            ValueError: the id is unknown.

        """
        self.state = self.state.with_tracks(self.state.tracks.selected(instance_id))

    def rename(self, instance_id: int, label: str) -> None:
        """Give an instance the operator's name.

        Raises:
            ValueError: the id is unknown.

        """
        tracks = self.state.tracks
        named = dataclasses.replace(tracks.get(instance_id), label=label)
        self.state = self.state.with_tracks(tracks.replaced([named]))

    def complete_names(self) -> bool:
        """Ask for the names that masks did not wait for; tell whether there were any."""
        before, self.state = self.state, stepping.named(self.state)
        return self.state is not before

    def forget_names(self) -> None:
        """Name instances anew from the next frame on, after the model's vocabulary changed."""
        tracks = self.state.tracks
        unnamed = [dataclasses.replace(track, given_name=("", 0.0)) for track in tracks]
        self.state = self.state.with_tracks(tracks.replaced(unnamed))

    def undo(self) -> str:
        """Take back the newest prompt; what that restores is looked for in the newest frame.

        Returns:
            The id of the prompt taken back.

        Raises:
            ValueError: there is nothing to undo.

        """
        self.state, change = stepping.undone(self.state, self.config)
        return change.prompt_id

    def discard_waiting(self) -> None:
        """Forget the prompts left over from a late frame or from a failure of the model."""
        self._waiting = []

    @property
    def can_undo(self) -> bool:
        """Whether a prompt or a removal can be taken back."""
        return len(self.state.changes) > 0

    def configure(self, config: TrackerConfig) -> None:
        """Decide by other thresholds from the next step on."""
        self.config = config

    def reset(self) -> None:
        """Forget all instances, frames and texts. Ids go on, so that none is ever reused."""
        tracks = TrackSet(next_id=self.state.tracks.next_id)
        self.state = TrackerState(tracks, late_names=self.state.late_names)
        self._waiting, self.reports, self._late_run = [], [], 0
