"""One tracked instance and the set of them: the tracker's whole state between frames."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from seem_ros.instances import (
    LOST,
    NO_KINDS,
    TRACKED,
    Instance,
    Segmentation,
    State,
    box_of,
)
from seem_ros.prompts import Prompt, PromptKind
from seem_ros.tracking.history import Frame
from seem_ros.tracking.memory_bank import MemoryBank

LARGEST_ID = 65535
_SURE_NAME = 0.5  # probability from which the name that a prompt gave stays


@dataclass(eq=False)
class Track:
    """An instance as the tracker knows it. Fields hold values that are replaced, never changed.

    Attributes:
        id: 1..65535.
        memory: its past frames.
        result: its last accepted segmentation.
        source: the frame `result` belongs to.
        mask: (H, W) bool of the newest frame, None while lost.
        label: the operator's name.
        text: words it was prompted with.
        evidence: its last prompt with the rounds shortly before, None before the first one.
        evidence_frame: the frame whose pixels `evidence` refers to.
        kinds: what it was prompted with.
        state: tracked, uncertain or lost.
        confidence: in the newest frame, 0..1.
        unseen: frames in a row in which it was not seen.
        glances: frames since the model looked for it in the whole picture.
        last_seen: stamp in nanoseconds of the last frame it was seen in.
        given_name: class name and its probability when it was prompted last.

    """

    id: int
    memory: MemoryBank
    result: Segmentation
    source: Frame
    mask: np.ndarray | None = None
    label: str = ""
    text: str = ""
    evidence: Prompt | None = None
    evidence_frame: Frame | None = None
    kinds: PromptKind = NO_KINDS
    state: State = TRACKED
    confidence: float = 0.0
    unseen: int = 0
    glances: int = 0
    last_seen: int = 0
    given_name: tuple[str, float] = ("", 0.0)

    def lose(self) -> None:
        """Mark as not in view; what is remembered stays."""
        self.state, self.mask, self.confidence = LOST, None, 0.0

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
        )


@dataclass(eq=False)
class TrackSet:
    """All instances, the selected one, and the next id. Ids are never given out twice."""

    tracks: dict[int, Track] = field(default_factory=dict)
    target_id: int = 0
    next_id: int = 1

    def new_id(self) -> int:
        """Return a fresh id.

        Raises:
            ValueError: all 65535 ids were used.

        """
        if self.next_id > LARGEST_ID:
            raise ValueError(f"all {LARGEST_ID} instance ids were used: restart the tracker")
        self.next_id += 1
        return self.next_id - 1

    def get(self, instance_id: int) -> Track:
        """Return an instance.

        Raises:
            ValueError: there is no such instance; names those there are.

        """
        if instance_id not in self.tracks:
            known = ", ".join(map(str, self.tracks)) or "none"
            raise ValueError(f"unknown instance {instance_id}: known are {known}")
        return self.tracks[instance_id]

    def add(self, track: Track) -> None:
        """Add an instance; the first one becomes the selected one."""
        self.tracks[track.id] = track
        self.target_id = self.target_id or track.id

    def remove(self, instance_id: int) -> None:
        """Remove an instance and the selection if it was selected.

        Raises:
            ValueError: there is no such instance.

        """
        self.get(instance_id)
        del self.tracks[instance_id]
        if self.target_id == instance_id:
            self.target_id = 0

    def under(self, x: float, y: float) -> Track | None:
        """Return the instance whose mask covers a pixel, None for the background."""
        for track in self.tracks.values():
            if track.mask is not None and track.mask[int(y), int(x)]:
                return track
        return None

    def saved(self) -> tuple[dict[int, Track], int]:
        """Return copies of all instances and the selection, for undoing."""
        copies = {key: dataclasses.replace(track) for key, track in self.tracks.items()}
        return copies, self.target_id
