"""Tracker: a stream of frames and prompts in, instances that stay themselves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from seem_ros.instances import Instance, label_image
from seem_ros.prompts import Prompt
from seem_ros.prompts.checks import as_image
from seem_ros.tracking.clock import Arrival, FrameClock
from seem_ros.tracking.config import REFUSED, PromptReport, TrackerConfig
from seem_ros.tracking.history import Frame, FrameHistory
from seem_ros.tracking.model import PromptableModel, Scene
from seem_ros.tracking.prompting import PromptDesk
from seem_ros.tracking.propagation import advance
from seem_ros.tracking.stamped import on_newest
from seem_ros.tracking.track import TrackSet
from seem_ros.tracking.undo import UndoLog
from seem_ros.tracking.watch import TextWatch

__all__ = ["PromptReport", "Tracker", "TrackerConfig"]


class Tracker:
    """Follows prompted instances through a stream; `step` is called once a frame.

    Time: a frame with the stamp of the newest one applies prompts to it without moving on; a
    frame a little older is skipped and its prompts wait for the next one; one much older means
    that time started again, which keeps the instances but trusts no motion. A blank frame loses
    sight of all instances and keeps their memory. The image size may change at any time.

    Not thread-safe: call it from one thread.
    """

    def __init__(self, segmenter: PromptableModel, config: TrackerConfig | None = None) -> None:
        """Track with a Segmenter, which others may use between the steps but not during one."""
        self.config = config or TrackerConfig()
        self.reports: list[PromptReport] = []
        self.late_frames = 0
        self._model = segmenter
        self._tracks = TrackSet()
        self._clock = FrameClock(self.config.reorder_s, self.config.gap_s)
        self._history = FrameHistory(self.config.history_s)
        self._undo_log = UndoLog(self.config.undo_depth)
        self._desk = PromptDesk(self._tracks, self._undo_log, self.config)
        self._watch = TextWatch(self.config.watch_every)
        self._waiting: list[Prompt] = []
        self._frame: Frame | None = None
        self._detail = 1.0

    @property
    def instances(self) -> list[Instance]:
        """The instances as of the newest frame, lost ones included, by id."""
        return [track.to_instance() for _, track in sorted(self._tracks.tracks.items())]

    @property
    def target_id(self) -> int:
        """Id of the selected instance, 0 for none."""
        return self._tracks.target_id

    def step(
        self,
        rgb: np.ndarray,
        stamp_ns: int | None = None,
        prompts: Iterable[Prompt] = (),
        *,
        stamp: int | None = None,
    ) -> list[Instance]:
        """Take the next frame and the prompts that came since the last one.

        Args:
            rgb: (H, W, 3) uint8 RGB.
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
        rgb = as_image(rgb, "image")
        newest_ns = self._clock.newest_ns
        arrival, stamp_ns = self._clock.arrive(stamp if stamp_ns is None else stamp_ns)
        self.reports = []
        self._waiting.extend(prompts)
        try:
            return self._take(rgb, stamp_ns, arrival)
        except Exception:
            self._clock.newest_ns = newest_ns  # the frame does not count, it may come again
            raise

    def _take(self, rgb: np.ndarray, stamp_ns: int, arrival: Arrival) -> list[Instance]:
        """Carry out a step whose arrival is known."""
        if arrival is Arrival.LATE:
            self.late_frames += 1
            return self.instances
        scene = self._scene(rgb, stamp_ns, arrival)
        if arrival is not Arrival.SAME:
            self._move_on(scene, arrival)
        while self._waiting:  # taken one by one: if the model fails, the others are not lost
            self.reports.append(self._apply(self._waiting.pop(0), scene))
        self._frame, self._detail = scene.frame, scene.detail
        self._history.add(scene.frame, label_image(self.instances, *scene.frame.size))
        return self.instances

    def _scene(self, rgb: np.ndarray, stamp_ns: int, arrival: Arrival) -> Scene:
        """Return the frame with features that are computed when first needed."""
        if arrival is Arrival.SAME and self._frame is not None:
            if self._frame.size != rgb.shape[:2]:
                raise ValueError(
                    f"frame {stamp_ns} came as {self._frame.size} and now as {rgb.shape[:2]}"
                )
            frame, detail = self._frame, self._detail
            return Scene(rgb, frame, self._model, detail, self._model.has_image(rgb, detail))
        return Scene(rgb, Frame.of(rgb, stamp_ns), self._model, self._needed_detail())

    def _needed_detail(self) -> float:
        """Return in which detail the next frame is read: more while something small is in view."""
        masks = [t.mask for t in self._tracks.tracks.values() if t.mask is not None]
        share = self.config.small_area
        small = any(np.count_nonzero(mask) < share * mask.size for mask in masks)
        return self.config.small_detail if small else 1.0

    def _move_on(self, scene: Scene, arrival: Arrival) -> None:
        """Carry all instances into the new frame and look for new matches of tracked texts."""
        tracks = list(self._tracks.tracks.values())
        if arrival is Arrival.RESTART:
            self._history.clear()
        if scene.frame.is_blank:
            for track in tracks:
                track.lose()
            return
        if tracks:
            scene.ready()
            advance(tracks, scene.rgb, scene.frame, self._model, self.config)
        self._watch.look(scene, self._desk)

    def _apply(self, prompt: Prompt, scene: Scene) -> PromptReport:
        """Carry out one prompt, moved to the newest frame if it was drawn on an older one."""
        try:
            known = () if self.config.click_mode == "new" else self._tracks.tracks.keys()
            prompt = on_newest(prompt, scene.frame, self._history, known)
        except ValueError as error:
            return PromptReport(prompt.id, REFUSED, str(error))
        report = self._desk.apply(prompt, scene)
        self._watch.note(prompt, report)
        return report

    def remove(self, instance_ids: Sequence[int] | int) -> None:
        """Remove instances now; their ids are not used again.

        Raises:
            ValueError: an id is unknown; then none is removed.

        """
        ids = [instance_ids] if isinstance(instance_ids, int) else list(instance_ids)
        for instance_id in ids:
            self._tracks.get(instance_id)
        saved = self._tracks.saved()
        for instance_id in dict.fromkeys(ids):
            self._tracks.remove(instance_id)
        self._undo_log.record("", saved, self._tracks)

    def select(self, instance_id: int) -> None:
        """Make an instance the selected one; 0 selects none.

        Raises:
            ValueError: the id is unknown.

        """
        if instance_id:
            self._tracks.get(instance_id)
        self._tracks.target_id = instance_id

    def rename(self, instance_id: int, label: str) -> None:
        """Give an instance the operator's name.

        Raises:
            ValueError: the id is unknown.

        """
        self._tracks.get(instance_id).label = label

    def forget_names(self) -> None:
        """Name instances anew from the next frame on, after the model's vocabulary changed."""
        for track in self._tracks.tracks.values():
            track.given_name = ("", 0.0)

    def undo(self) -> str:
        """Take back the newest prompt; its instances move on with the next frame.

        Returns:
            The id of the prompt taken back.

        Raises:
            ValueError: there is nothing to undo.

        """
        change, _ = self._undo_log.undo(self._tracks)
        return change.prompt_id

    def discard_waiting(self) -> None:
        """Forget the prompts left over from a late frame or from a failure of the model."""
        self._waiting = []

    @property
    def can_undo(self) -> bool:
        """Whether a prompt or a removal can be taken back."""
        return len(self._undo_log) > 0

    def configure(self, config: TrackerConfig) -> None:
        """Decide by other thresholds from the next step on; memories keep their limits."""
        self.config = config
        self._desk = PromptDesk(self._tracks, self._undo_log, config)

    def reset(self) -> None:
        """Forget all instances, frames and texts. Ids go on, so that none is ever reused."""
        self._tracks.tracks.clear()
        self._tracks.target_id = 0
        self._clock.reset()
        self._history.clear()
        self._undo_log.clear()
        self._watch.clear()
        self._waiting, self.reports, self._frame = [], [], None
