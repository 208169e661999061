"""What the tracker holds after one image: what all outgoing messages are made of."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seem_ros.instances import Instance
from seem_ros.prompts import Prompt
from seem_ros.ros.messages import stamps

if TYPE_CHECKING:
    from std_msgs.msg import Header


@dataclass(frozen=True, eq=False)
class FrameResult:
    """What the tracker holds after one frame.

    Attributes:
        header: of the frame.
        rgb: (H, W, 3) uint8, the frame.
        instances: all instances, lost ones included.
        target_id: the selected instance, 0 is none.
        prompts: those applied to this frame.
        others: (H, W) bool masks that they can mean besides, where these are to be shown.
        received_s: monotonic time of the frame's arrival, seconds.
        inference_s: seconds spent in the tracker; 0 when only a control changed the instances.
        is_new: the frame had not been worked on before.
        waiting: instances in view that there was no time to look at, see Tracker.waiting.
        is_blank: the frame shows nothing, see GreyFrame.

    """

    header: Header
    rgb: np.ndarray
    instances: tuple[Instance, ...] = ()
    target_id: int = 0
    prompts: tuple[Prompt, ...] = ()
    others: tuple[np.ndarray, ...] = ()
    received_s: float = 0.0
    inference_s: float = 0.0
    is_new: bool = True
    is_blank: bool = False
    waiting: int = 0

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


def drawable(prompts: Iterable[Prompt], size: tuple[int, int]) -> tuple[Prompt, ...]:
    """Return what an overlay of (height, width) can show of prompts, in its own pixels.

    One that was drawn on an older frame of another size has no place in it.
    """
    shown = []
    for prompt in prompts:
        if prompt.has_spatial:
            with contextlib.suppress(ValueError):
                shown.append(prompt.validated(*size, has_instance=True))
    return tuple(shown)
