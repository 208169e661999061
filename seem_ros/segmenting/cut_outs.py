"""Cut-outs of a picture around masks, as the refiner reads them.

The same code runs in training and in the segmenter, so that a trained refiner sees exactly what
it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.preprocess import Geometry
from seem_ros.prompt_planes import STRIDE
from seem_ros.prompts import Prompt

MARGIN = 0.2  # of the longer side, added on each side
LEAST_CELLS = 16  # of the stride-4 grid along a side
_MOST_NARROW = 0.5  # shorter side over the longer one
_CLICK_SIZE = 0.04  # deviation of a click's bump, of the cut-out's side
_BORDER_CELLS = 3  # on each side of a mask's border, what may be changed


@dataclass(frozen=True)
class Frame:
    """A part of a picture, whole pixels, x1 and y1 exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.y1 - self.y0


def object_box(
    logits: np.ndarray, prompt: Prompt, geometry: Geometry
) -> tuple[float, float, float, float]:
    """Return x0, y0, x1, y1 in picture pixels around a mask, its positive clicks and its boxes.

    Args:
        logits: (h, w) on the stride-4 grid, positive somewhere.
        prompt: in pixels of the picture.
        geometry: how the picture lies in the grid.
    """
    corners = [(x, y, x, y) for x, y, label in prompt.points if label]
    corners += [tuple(box) for box in prompt.boxes]
    rows, columns = (np.flatnonzero((logits > 0).any(axis)) for axis in (1, 0))
    scale_y, scale_x = (
        STRIDE * own / seen for own, seen in zip(geometry.original, geometry.resized, strict=True)
    )
    corners.append(
        (
            float(columns[0] * scale_x),
            float(rows[0] * scale_y),
            float((columns[-1] + 1) * scale_x),
            float((rows[-1] + 1) * scale_y),
        )
    )
    x0, y0, x1, y1 = np.array(corners, float).T
    return float(x0.min()), float(y0.min()), float(x1.max()), float(y1.max())


def frame_around(box: Sequence[float], geometry: Geometry, margin: float = MARGIN) -> Frame:
    """Return the part of the picture to look at for an object in a box, with some margin."""
    height, width = geometry.original
    sides = np.array([box[2] - box[0], box[3] - box[1]])
    cell = STRIDE * max(geometry.original) / max(geometry.resized)
    wanted = np.maximum(sides + 2 * margin * sides.max(), LEAST_CELLS * cell)
    wanted = np.maximum(wanted, _MOST_NARROW * wanted.max())
    spans = []
    for centre, side, room in zip(
        ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), wanted, (width, height), strict=True
    ):
        low = int(np.clip(np.floor(centre - side / 2), 0, room - 1))
        high = int(np.clip(np.ceil(centre + side / 2), low + 1, room))
        spans.append((low, high))
    (x0, x1), (y0, y1) = spans
    return Frame(x0, y0, x1, y1)


def planes_of(
    rgb: np.ndarray,
    logits: Tensor,
    prompts: Sequence[Prompt],
    frames: Sequence[Frame],
    geometry: Geometry,
    size: int,
) -> Tensor:
    """Return what a refiner reads of a picture: colours, mask logits, clicks and box.

    Args:
        rgb: (H, W, 3) uint8.
        logits: (N, 1, h, w) on the stride-4 grid.
        prompts: N, in pixels of the picture.
        frames: N of them.
        geometry: how the picture lies in the grid.
        size: of a side of the result.

    Returns:
        (N, 7, size, size), in the order of :mod:`seem_ros.model.helpers.refiner`.
    """
    coarse = sampled(logits, frames, geometry, size)
    seen = torch.stack([colours(rgb, frame, size) for frame in frames])
    rows = zip(prompts, frames, strict=True)
    drawn = torch.stack([prompt_planes(prompt, frame, size) for prompt, frame in rows])
    return torch.cat([seen.to(coarse), coarse, drawn.to(coarse)], 1)


def colours(rgb: np.ndarray, frame: Frame, size: int) -> Tensor:
    """Cut out of an (H, W, 3) uint8 picture: (3, size, size) float32 in -1..1."""
    part = rgb[frame.y0 : frame.y1, frame.x0 : frame.x1].copy()
    pixels = torch.from_numpy(part).permute(2, 0, 1)[None]
    scaled = F.interpolate(
        pixels, size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )
    return (scaled[0].float() - 127.0) / 128.0


def sampled(maps: Tensor, frames: Sequence[Frame], geometry: Geometry, size: int) -> Tensor:
    """Cut out of maps of the padded input, bilinear.

    Args:
        maps: (1, C, h, w) of the whole picture for all frames, or (N, C, h, w), one each.
        frames: N of them.
        geometry: how the picture lies in the padded input.
        size: of a side of the result.

    Returns:
        (N, C, size, size).
    """
    steps = (torch.arange(size, device=maps.device) + 0.5) / size
    axes = []
    for axis, spans in (
        (0, [(f.y0, f.y1) for f in frames]),
        (1, [(f.x0, f.x1) for f in frames]),
    ):
        scale = geometry.resized[axis] / geometry.original[axis] / geometry.padded[axis]
        low, high = (torch.tensor(v, device=maps.device) * scale for v in zip(*spans, strict=True))
        axes.append((low[:, None] + (high - low)[:, None] * steps) * 2 - 1)
    rows, columns = axes
    count = len(frames)
    grid = torch.stack(
        (
            columns[:, None, :].expand(count, size, size),
            rows[:, :, None].expand(count, size, size),
        ),
        -1,
    )
    return F.grid_sample(
        maps.expand(count, -1, -1, -1), grid.to(maps), mode="bilinear", padding_mode="border",
        align_corners=False,
    )  # fmt: skip


def near_border(logits: Tensor, frames: Sequence[Frame], geometry: Geometry, size: int) -> Tensor:
    """Return what lies near the border of masks, where alone a refiner is at home.

    Args:
        logits: (N, 1, h, w) on the stride-4 grid.
        frames: N of them.
        geometry: how the picture lies in the grid.
        size: of a side of the result.

    Returns:
        (N, size, size) bool.
    """
    mask = (logits > 0).float()
    grown, shrunk = _widest(mask), -_widest(-mask)
    return sampled(grown - shrunk, frames, geometry, size)[:, 0] > 0.5


def _widest(x: Tensor) -> Tensor:
    """Maximum around each cell of (N, 1, h, w), first over columns and then over rows."""
    width, pad = 2 * _BORDER_CELLS + 1, _BORDER_CELLS
    return F.max_pool2d(F.max_pool2d(x, (1, width), 1, (0, pad)), (width, 1), 1, (pad, 0))


def prompt_planes(prompt: Prompt, frame: Frame, size: int) -> Tensor:
    """Draw clicks as bumps and boxes as cover: (3, size, size) positive, negative, box."""
    planes = torch.zeros(3, size, size)
    steps = (torch.arange(size) + 0.5) / size
    for x, y, label in prompt.points:
        across = _bump(steps - (x - frame.x0) / frame.width)
        down = _bump(steps - (y - frame.y0) / frame.height)
        plane = planes[0 if label else 1]
        torch.maximum(plane, down[:, None] * across, out=plane)
    for x0, y0, x1, y1 in prompt.boxes:
        across = _cover((x0 - frame.x0) / frame.width, (x1 - frame.x0) / frame.width, size)
        down = _cover((y0 - frame.y0) / frame.height, (y1 - frame.y0) / frame.height, size)
        torch.maximum(planes[2], down[:, None] * across, out=planes[2])
    return planes


def _bump(distance: Tensor) -> Tensor:
    return torch.exp(-0.5 * (distance / _CLICK_SIZE) ** 2)


def _cover(low: float, high: float, size: int) -> Tensor:
    """Fraction of each of ``size`` cells of 0..1 between two places."""
    cells = torch.arange(size)
    return ((cells + 1).clamp(max=high * size) - cells.clamp(min=low * size)).clamp(0, 1)
