"""Where pixels went between two frames: dense inverse search optical flow on small grey copies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from seem_ros.instances import box_of
from seem_ros.prompts import Box, Prompt, Stroke
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.frames import GreyFrame

# Share of the picture's contrast that the flow leaves unexplained; after a cut it is about 1.
_MOST_UNEXPLAINED = 0.6
_TRUSTED, _UNTRUSTED = 0.6, 1.0  # the same under one object, which may move unlike the rest
_NOISE, _LEAST_CONTRAST = 2.0, 8.0  # grey levels; small things on a plain table have little


@dataclass(frozen=True, eq=False)
class Motion:
    """Motion from an old frame to a new one.

    Attributes:
        backward: (h, w, 2) float32; for each pixel of the new small frame the way (x, y) to where
            it was in the old one, in pixels of the small frame.
        unexplained: (h, w) float32; difference between the moved old frame and the new one, as a
            share of the new one's contrast. None counts as zero.

    """

    backward: np.ndarray
    unexplained: np.ndarray | None = None
    _sources: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    @property
    def reliable(self) -> bool:
        """Whether the flow explains the new frame; False after a cut."""
        return self.unexplained is None or float(self.unexplained.mean()) <= _MOST_UNEXPLAINED

    def trust(self, mask: np.ndarray) -> float:
        """Return 0..1, how far the flow can be trusted under an (H, W) bool mask of the new frame.

        On labelled video a mask moved by one frame has an IoU of 0.95 with the truth where 0.2
        of the contrast is unexplained under it, 0.8 at 0.6, and 0.65 at 1.0.
        """
        if self.unexplained is None:
            return 1.0
        size = self.unexplained.shape[::-1]
        small = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        if not small.any():
            return 0.0
        share = float(self.unexplained[small].mean())
        return float(np.clip((_UNTRUSTED - share) / (_UNTRUSTED - _TRUSTED), 0.0, 1.0))

    def warp(self, values: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """Move an (H, W) float32 or uint8 map of the old frame onto the new one, as large."""
        return cv2.remap(
            np.ascontiguousarray(values),
            *self._source(values.shape),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=fill,
        )

    def _source(self, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Where each pixel of an (H, W) map was; kept, since all instances ask for the same."""
        if size not in self._sources:
            height, width = size
            small_height, small_width = self.backward.shape[:2]
            flow = cv2.resize(self.backward, (width, height), interpolation=cv2.INTER_LINEAR)
            columns, rows = np.meshgrid(
                np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
            )
            source_x = columns + flow[..., 0] * (width / small_width)
            source_y = rows + flow[..., 1] * (height / small_height)
            self._sources[size] = cv2.convertMaps(source_x, source_y, cv2.CV_16SC2)
        return self._sources[size]

    def warp_mask(self, mask: np.ndarray) -> np.ndarray:
        """Move an (H, W) bool mask of the old frame onto the new one."""
        height, width = mask.shape
        small = (self.backward.shape[1], self.backward.shape[0])
        share = cv2.resize(mask.astype(np.uint8) * 255, small, interpolation=cv2.INTER_AREA)
        moved = cv2.resize(self.warp(share), (width, height), interpolation=cv2.INTER_LINEAR)
        return moved > 127


def estimate(old: GreyFrame, new: GreyFrame) -> Motion:
    """Estimate the motion between two frames of any time order."""
    height, width = new.grey.shape
    grey = old.grey
    if grey.shape != new.grey.shape:
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    if min(height, width) < 32:  # too small for the flow's image pyramid
        still = np.zeros((height, width, 2), np.float32)
        return Motion(still, _unexplained(still, grey, new.grey))
    solver = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow = solver.calc(new.grey, grey, None)  # type: ignore[call-overload]  # None: a new one
    return Motion(flow, _unexplained(flow, grey, new.grey))


def _unexplained(flow: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return where the old frame, moved by the flow, differs from the new one; see Motion."""
    residual = np.abs(Motion(flow).warp(old.astype(np.float32)) - new)
    contrast = max(_LEAST_CONTRAST, float(np.abs(new - new.mean()).mean()))
    return np.maximum(residual - _NOISE, 0) / contrast


def moved_segmentation(
    result: Segmentation, motion: Motion | None, size: tuple[int, int]
) -> Segmentation:
    """Return mask and logits of an old frame as the expectation for a new one.

    Args:
        result: segmentation of the old frame.
        motion: from the old frame to the new one; None leaves the masks where they were.
        size: (height, width) of the new frame.

    """
    mask, logits = result.mask, result.logits
    if mask.shape != size:
        mask = cv2.resize(mask.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0
    if motion is not None:
        mask = motion.warp_mask(mask)
        if logits is not None:
            logits = motion.warp(logits, fill=float(logits.min()))
    return dataclasses.replace(result, mask=mask, logits=logits)


def moved_prompt(prompt: Prompt, old: GreyFrame, new: GreyFrame) -> Prompt:
    """Return a prompt drawn on an old frame in the pixels of a newer one.

    What leaves the picture stays at its edge.

    Args:
        prompt: in the pixels of the old frame.
        old: the frame it was drawn on.
        new: the frame wanted.

    Raises:
        ValueError: the picture changed so much that the place cannot be followed.

    """
    forward = estimate(new, old)
    if not forward.reliable:
        raise ValueError("the picture changed since the prompt was drawn: point again")
    height, width = new.size
    small_height, small_width = forward.backward.shape[:2]
    scale = np.array([width / small_width, height / small_height])

    def move(x: float, y: float) -> tuple[float, float]:
        column = min(small_width - 1, int(x / scale[0]))
        row = min(small_height - 1, int(y / scale[1]))
        dx, dy = forward.backward[row, column] * scale
        return float(np.clip(x + dx, 0, width - 1)), float(np.clip(y + dy, 0, height - 1))

    strokes = tuple(
        Stroke(tuple(move(x, y) for x, y in stroke.points), stroke.width, stroke.positive)
        for stroke in prompt.strokes
    )
    return dataclasses.replace(
        prompt,
        points=tuple((*move(x, y), label) for x, y, label in prompt.points),
        boxes=tuple(_moved_box(box, move, width, height) for box in prompt.boxes),
        strokes=strokes,
        mask=None if prompt.mask is None else _moved_mask(prompt.mask, old, new),
    )


def _moved_box(
    box: Box, move: Callable[[float, float], tuple[float, float]], width: int, height: int
) -> Box:
    """Shift a box by the motion of its centre; its size stays."""
    x0, y0, x1, y1 = box
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    moved_x, moved_y = move(cx, cy)
    dx = float(np.clip(moved_x - cx, -x0, width - x1))
    dy = float(np.clip(moved_y - cy, -y0, height - y1))
    return x0 + dx, y0 + dy, x1 + dx, y1 + dy


def _moved_mask(mask: np.ndarray, old: GreyFrame, new: GreyFrame) -> np.ndarray:
    moved = estimate(old, new).warp_mask(mask)
    return moved if box_of(moved) != (0, 0, 0, 0) else mask
