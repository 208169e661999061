"""One tracked instance and the set of them: values, which a step replaces by new ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from seem_ros.instances import LOST, NO_KINDS, TRACKED, UNCERTAIN, Instance, State, box_of
from seem_ros.prompts import Prompt, PromptKind
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.config import TrackerConfig
from seem_ros.tracking.frames import GreyFrame
from seem_ros.tracking.memory import MemoryBank

LARGEST_ID = 65535
LEAST_AREA = 16  # pixels a mask needs to be an instance's
LOST_AFTER = 3  # frames in a row without being seen
_SURE_NAME = 0.5  # probability from which the name that a prompt gave stays


@dataclass(frozen=True, eq=False)
class Evidence:
    """A prompt, with the rounds shortly before it, and the frame whose pixels it refers to."""

    prompt: Prompt
    frame: GreyFrame


@dataclass(frozen=True, eq=False)
class Track:
    """An instance as the tracker knows it.

    Attributes:
        id: 1..65535.
        result: its last accepted segmentation.
        source: the frame `result` belongs to.
        memory: its past frames.
        mask: (H, W) bool of the newest frame, None while lost.
        label: the operator's name.
        text: words it was prompted with.
        evidence: its last prompt, None before the first one.
        kinds: what it was prompted with.
        state: tracked, uncertain or lost.
        confidence: in the newest frame, 0..1.
        unseen: frames in a row in which it was not seen.
        glances: frames since the model looked for it in the whole picture.
        last_seen: stamp in nanoseconds of the last frame it was seen in.
        given_name: class name and its probability when it was prompted last.
        waited: frames in a row in which there was no time to look at it.
        scattered: whether an operator said that it is in pieces far from each other.
        reading: which reading of its last click it is, from 1; 0 while others are not known.
        readings: how many there are.
        naming: asks for its name and the probability, None once that is known.

    """

    id: int
    result: Segmentation
    source: GreyFrame
    memory: MemoryBank = field(default_factory=MemoryBank)
    mask: np.ndarray | None = None
    label: str = ""
    text: str = ""
    evidence: Evidence | None = None
    kinds: PromptKind = NO_KINDS
    state: State = TRACKED
    confidence: float = 0.0
    unseen: int = 0
    glances: int = 0
    last_seen: int = 0
    given_name: tuple[str, float] = ("", 0.0)
    waited: int = 0
    scattered: bool = False
    reading: int = 0
    readings: int = 0
    naming: Callable[[], tuple[str, float]] | None = None

    def seen(
        self,
        result: Segmentation,
        mask: np.ndarray,
        confidence: float,
        frame: GreyFrame,
        config: TrackerConfig,
    ) -> Track:
        """Return the instance as it is after it was seen in a frame."""
        return dataclasses.replace(
            self,
            result=result,
            source=frame,
            mask=mask,
            state=TRACKED if confidence >= config.tracked_score else UNCERTAIN,
            confidence=confidence,
            unseen=0,
            last_seen=frame.stamp_ns,
            waited=0,
        )

    @property
    def is_newly_prompted(self) -> bool:
        """Whether it is as a prompt in the frame before made it."""
        return self.evidence is not None and self.evidence.frame is self.source

    @property
    def is_waiting(self) -> bool:
        """Whether it is in view, but was not looked at in the newest frame."""
        return self.waited > 0 and self.mask is not None

    def has_values_of(self, other: Track) -> bool:
        """Tell whether two records hold the very same values."""
        return all(value is vars(other)[name] for name, value in vars(self).items())

    def carried(self, result: Segmentation, mask: np.ndarray, frame: GreyFrame) -> Track:
        """Return the instance where the motion alone leads it, (H, W) bool, in a new frame."""
        return dataclasses.replace(self, result=result, source=frame, mask=mask, state=UNCERTAIN)

    def lost(self) -> Track:
        """Return the instance out of view; what is remembered stays."""
        return dataclasses.replace(self, state=LOST, mask=None, confidence=0.0)

    def named(self) -> Track:
        """Return the instance with the name that its last prompt's mask did not wait for."""
        if self.naming is None:
            return self
        name, sure = self.naming()
        objects = [
            dataclasses.replace(part, class_name=name, class_score=sure)
            for part in self.result.objects
        ]
        result = dataclasses.replace(
            self.result, class_name=name, class_score=sure, objects=objects
        )
        return dataclasses.replace(self, result=result, given_name=(name, sure), naming=None)

    @property
    def class_name(self) -> tuple[str, float]:
        """The model's name and its probability: of the last prompt if sure, else of the frame."""
        newest = self.result.class_name, self.result.class_score
        return self.given_name if self.given_name[1] >= _SURE_NAME else newest

    def to_instance(self) -> Instance:
        """Return the public record for the newest frame."""
        name, sure = self.class_name
        return Instance(
            id=self.id,
            label=self.label,
            class_name=name,
            score=self.confidence,
            class_score=sure,
            state=self.state,
            mask=self.mask,
            box=None if self.mask is None else box_of(self.mask),
            last_seen=self.last_seen,
            prompt_kinds=self.kinds,
            reading=self.reading,
            readings=self.readings,
        )


@dataclass(frozen=True, eq=False)
class TrackSet:
    """All instances, the selected one, and the next id. Ids are never given out twice."""

    tracks: Mapping[int, Track] = field(default_factory=dict)
    target_id: int = 0
    next_id: int = 1

    def __iter__(self) -> Iterator[Track]:
        """Iterate over the instances, in the order in which they were made."""
        return iter(self.tracks.values())

    def __len__(self) -> int:
        """Return the number of instances."""
        return len(self.tracks)

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """The public records, lost ones included, by id."""
        return tuple(self.tracks[instance_id].to_instance() for instance_id in sorted(self.tracks))

    def get(self, instance_id: int) -> Track:
        """Return an instance.

        Raises:
            ValueError: there is no such instance; names those there are.

        """
        if instance_id not in self.tracks:
            known = ", ".join(map(str, self.tracks)) or "none"
            raise ValueError(f"unknown instance {instance_id}: known are {known}")
        return self.tracks[instance_id]

    @property
    def target(self) -> Track | None:
        """The selected instance, None if there is none."""
        return self.tracks.get(self.target_id)

    def under(self, x: float, y: float) -> Track | None:
        """Return the instance whose mask covers a pixel, None for the background."""
        for track in self:
            if track.mask is not None and track.mask[int(y), int(x)]:
                return track
        return None

    def replaced(self, tracks: Iterable[Track]) -> TrackSet:
        """Return the set with these instances instead of those of the same ids."""
        newer = {track.id: track for track in tracks}
        return dataclasses.replace(self, tracks={**self.tracks, **newer})

    def started(self, result: Segmentation, frame: GreyFrame) -> tuple[TrackSet, Track]:
        """Return the set with a new instance, and the instance; the first one is selected.

        Raises:
            ValueError: all 65535 ids were used.

        """
        new_id = self.next_id
        if new_id > LARGEST_ID:
            raise ValueError(f"all {LARGEST_ID} instance ids were used: restart the tracker")
        track = Track(new_id, result, frame)
        tracks = {**self.tracks, new_id: track}
        return TrackSet(tracks, self.target_id or new_id, new_id + 1), track

    def removed(self, instance_id: int) -> TrackSet:
        """Return the set without an instance, and without a selection if it was selected.

        Raises:
            ValueError: there is no such instance.

        """
        self.get(instance_id)
        tracks = {key: track for key, track in self.tracks.items() if key != instance_id}
        target_id = 0 if self.target_id == instance_id else self.target_id
        return dataclasses.replace(self, tracks=tracks, target_id=target_id)

    def selected(self, instance_id: int) -> TrackSet:
        """Return the set with another instance selected, 0 for none.

        Raises:
            ValueError: there is no such instance.

        """
        if instance_id:
            self.get(instance_id)
        return dataclasses.replace(self, target_id=instance_id)
