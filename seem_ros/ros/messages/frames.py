"""A camera frame on its way in, and the result on its way out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seem_ros.instances import Instance
from seem_ros.prompts import Prompt
from seem_ros.ros.messages import stamps


@dataclass(frozen=True, eq=False)
class Frame:
    """One received image message, not decoded yet.

    Attributes:
        message: sensor_msgs/Image or CompressedImage.
        read: turns the message into (H, W, 3) uint8 RGB, or raises ValueError.
        received_s: monotonic time of its arrival, seconds.

    """

    message: Any
    read: Callable[[Any], np.ndarray]
    received_s: float = field(default_factory=time.monotonic)

    @property
    def stamp_ns(self) -> int:
        """Time in the header, nanoseconds."""
        return stamps.to_ns(self.message.header.stamp)


@dataclass(frozen=True, eq=False)
class FrameResult:
    """What the tracker holds after one frame.

    Attributes:
        header: std_msgs/Header of the frame.
        rgb: (H, W, 3) uint8, the frame.
        instances: all instances, lost ones included.
        target_id: the selected instance, 0 is none.
        prompts: those applied to this frame.
        received_s: monotonic time of the frame's arrival, seconds.
        inference_s: seconds spent in the tracker; 0 when only a control changed the instances.
        is_new: the frame had not been worked on before.

    """

    header: Any
    rgb: np.ndarray
    instances: tuple[Instance, ...] = ()
    target_id: int = 0
    prompts: tuple[Prompt, ...] = ()
    received_s: float = 0.0
    inference_s: float = 0.0
    is_new: bool = True

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the frame, pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    @property
    def stamp_ns(self) -> int:
        """Time of the frame for the tracker, nanoseconds; of its arrival where it has no stamp."""
        return stamps.to_ns(self.header.stamp) or round(self.received_s * 1e9)

    def instance(self, instance_id: int) -> Instance | None:
        """Return the instance of that id, None if there is none."""
        return next((item for item in self.instances if item.id == instance_id), None)

    def without(self, ids: Collection[int]) -> FrameResult:
        """Return the result without some instances; the target goes with its instance."""
        kept = tuple(item for item in self.instances if item.id not in ids)
        target = 0 if self.target_id in ids else self.target_id
        return dataclasses.replace(self, instances=kept, target_id=target)
