"""What is remembered of an instance: its prompted frames and its best recent ones.

A bank is a value: remembering returns a new bank, so undoing a prompt is taking the old one back.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.instances import box_of
from seem_ros.tracking.appearance import describe, similarity

_CROP_SIDE = 160
_MARGIN = 0.5  # of the box, so that the example shows what surrounds the object


@dataclass(frozen=True, eq=False)
class Memory:
    """An instance in one past frame.

    Attributes:
        stamp_ns: of the frame.
        prompted: whether an operator said what it is in this frame.
        score: confidence in the mask, 0..1.
        looks: its description, see appearance.
        rgb: (h, w, 3) uint8 crop around it, at most 160 pixels high and wide.
        mask: (h, w) bool in the crop.

    """

    stamp_ns: int
    prompted: bool
    score: float
    looks: np.ndarray
    rgb: np.ndarray
    mask: np.ndarray

    @classmethod
    def of(
        cls, rgb: np.ndarray, mask: np.ndarray, stamp_ns: int, score: float, prompted: bool
    ) -> Memory:
        """Cut an instance out of an (H, W, 3) uint8 image by its non-empty (H, W) bool mask."""
        window = _window(mask)
        crop, inside = rgb[window], mask[window]
        scale = min(1.0, _CROP_SIDE / max(inside.shape))
        size = (max(1, round(inside.shape[1] * scale)), max(1, round(inside.shape[0] * scale)))
        small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        share = cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        looks = describe(rgb, mask)
        return cls(stamp_ns, prompted, score, looks, small, share >= min(0.5, share.max()))

    @property
    def size_bytes(self) -> int:
        """Memory held, bytes."""
        return self.rgb.nbytes + self.mask.nbytes + self.looks.nbytes


def _window(mask: np.ndarray) -> tuple[slice, slice]:
    x0, y0, x1, y1 = box_of(mask)
    dx, dy = round((x1 - x0) * _MARGIN), round((y1 - y0) * _MARGIN)
    return slice(max(0, y0 - dy), y1 + dy), slice(max(0, x0 - dx), x1 + dx)


@dataclass(frozen=True)
class MemoryBank:
    """Bounded memories of one instance, oldest first.

    Attributes:
        most_prompted: prompted frames kept: the first one and the latest.
        most_recent: other frames kept: the latest confident ones.
        memories: what is held.

    """

    most_prompted: int
    most_recent: int
    memories: tuple[Memory, ...] = ()

    def remember(self, memory: Memory) -> MemoryBank:
        """Return the bank with one more memory, the least useful ones forgotten."""
        kept = [*self.memories, memory]
        prompted = [item for item in kept if item.prompted]
        if len(prompted) > self.most_prompted:
            prompted = [prompted[0], *prompted[len(prompted) - self.most_prompted + 1 :]]
        recent = [item for item in kept if not item.prompted][-self.most_recent :]
        ordered = sorted([*prompted, *recent], key=lambda item: item.stamp_ns)
        return dataclasses.replace(self, memories=tuple(ordered))

    def forget(self) -> MemoryBank:
        """Return the empty bank."""
        return dataclasses.replace(self, memories=())

    def likeness(self, looks: np.ndarray) -> float:
        """Return the similarity to the most alike memory, 1 if nothing is remembered."""
        return max((similarity(item.looks, looks) for item in self.memories), default=1.0)

    def example(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return (rgb, mask) of the best memory as an example prompt; prompted ones first."""
        if not self.memories:
            return None
        best = max(self.memories, key=lambda item: (item.prompted, item.stamp_ns))
        return best.rgb, best.mask

    @property
    def newest_ns(self) -> int:
        """Stamp of the latest memory, -1 if there is none."""
        return max((item.stamp_ns for item in self.memories), default=-1)

    @property
    def size_bytes(self) -> int:
        """Memory held, bytes."""
        return sum(item.size_bytes for item in self.memories)
