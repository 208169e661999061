"""Crops: parts of a picture around masks, as the refiner reads them.

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

from seem_ros.instances import box_of
from seem_ros.model.precision import widened
from seem_ros.prompts import Prompt
from seem_ros.segmenting.grid import Grid

MARGIN = 0.2  # of the longer side, added on each side
LEAST_CELLS = 16  # of the stride-4 grid along a side
_MOST_NARROW = 0.5  # shorter side over the longer one
_CLICK_SIZE = 0.04  # deviation of a click's bump, of the cut-out's side
_BORDER_CELLS = 3  # on each side of a mask's border, what may be changed


@dataclass(frozen=True)
class Crop:
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

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


def object_box(
    logits: np.ndarray, prompt: Prompt, grid: Grid
) -> tuple[float, float, float, float]:
    """Return x0, y0, x1, y1 in picture pixels around a mask, its positive clicks and its boxes.

    Args:
        logits: (h, w) on the stride-4 grid, positive somewhere.
        prompt: in pixels of the picture.
        grid: of the picture.
    """
    left, top, right, bottom = box_of(logits > 0)
    corners = [
        *((x, y, x, y) for x, y, label in prompt.points if label),
        *prompt.boxes,
        tuple(grid.to_pixels([(left, top), (right, bottom)]).ravel()),
    ]
    x0, y0, x1, y1 = np.array(corners, float).T
    return float(x0.min()), float(y0.min()), float(x1.max()), float(y1.max())


def crop_around(box: Sequence[float], grid: Grid, margin: float = MARGIN) -> Crop:
    """Return the part of the picture to look at for an object in a box, with some margin."""
    height, width = grid.original
    sides = np.array([box[2] - box[0], box[3] - box[1]])
    cell = grid.pixels_per_cell[int(np.argmax(grid.original))]
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
    return Crop(x0, y0, x1, y1)


def square_around(middle: Sequence[float], side: int, size: tuple[int, int]) -> Crop:
    """Return a square around a place, moved inside the picture and cut where that is smaller.

    Args:
        middle: x, y in pixels.
        side: pixels.
        size: (height, width) of the picture.
    """
    spans = []
    for centre, room in zip(middle, size[::-1], strict=True):
        length = min(side, room)
        start = min(max(round(centre - length / 2), 0), room - length)
        spans.append((start, start + length))
    (x0, x1), (y0, y1) = spans
    return Crop(x0, y0, x1, y1)


def planes_of(
    rgb: np.ndarray,
    logits: Tensor,
    prompts: Sequence[Prompt],
    crops: Sequence[Crop],
    grid: Grid,
    size: int,
) -> Tensor:
    """Return what a refiner reads of a picture: colours, mask logits, clicks and box.

    Args:
        rgb: (H, W, 3) uint8.
        logits: (N, 1, h, w) on the stride-4 grid.
        prompts: N, in pixels of the picture.
        crops: N of them.
        grid: of the picture.
        size: of a side of the result.

    Returns:
        (N, 7, size, size), in the order of :mod:`seem_ros.model.helpers.refiner`.
    """
    coarse = sampled(logits, crops, grid, size)
    seen = torch.stack([colours(rgb, crop, size) for crop in crops])
    rows = zip(prompts, crops, strict=True)
    drawn = torch.stack([prompts_on_crop(prompt, crop, size) for prompt, crop in rows])
    return torch.cat([seen.to(coarse), coarse, drawn.to(coarse)], 1)


def colours(rgb: np.ndarray, crop: Crop, size: int) -> Tensor:
    """Cut out of an (H, W, 3) uint8 picture: (3, size, size) float32 in -1..1."""
    part = rgb[crop.pixels].copy()
    pixels = torch.from_numpy(part).permute(2, 0, 1)[None]
    scaled = F.interpolate(
        pixels, size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )
    return (scaled[0].float() - 127.0) / 128.0


def sampled(maps: Tensor, crops: Sequence[Crop], grid: Grid, size: int) -> Tensor:
    """Cut out of maps of the padded input, bilinear.

    Args:
        maps: (1, C, h, w) of the whole picture for all crops, or (N, C, h, w), one each.
        crops: N of them.
        grid: of the picture.
        size: of a side of the result.

    Returns:
        (N, C, size, size).
    """
    steps = (torch.arange(size, device=maps.device) + 0.5) / size
    axes = []
    down, across = grid.input_per_pixel
    for scale, spans in (
        (down, [(crop.y0, crop.y1) for crop in crops]),
        (across, [(crop.x0, crop.x1) for crop in crops]),
    ):
        low, high = (torch.tensor(v, device=maps.device) * scale for v in zip(*spans, strict=True))
        axes.append((low[:, None] + (high - low)[:, None] * steps) * 2 - 1)
    rows, columns = axes
    count = len(crops)
    places = torch.stack(
        (
            columns[:, None, :].expand(count, size, size),
            rows[:, :, None].expand(count, size, size),
        ),
        -1,
    )
    exact = widened(maps).expand(count, -1, -1, -1)
    cut = F.grid_sample(
        exact, places.to(exact), mode="bilinear", padding_mode="border", align_corners=False
    )
    return cut.to(maps.dtype)


def spread(logits: Tensor, crop: Crop, grid: Grid, outside: float) -> Tensor:
    """Put logits (r, c) of a part of the picture on the grid: (h, w), ``outside`` elsewhere."""
    axes = []
    for cells, step, low, high in (
        (grid.cells[0], grid.pixels_per_cell[0], crop.y0, crop.y1),
        (grid.cells[1], grid.pixels_per_cell[1], crop.x0, crop.x1),
    ):
        centres = (torch.arange(cells, device=logits.device) + 0.5) * step
        axes.append((centres - low) / (high - low) * 2 - 1)
    rows, columns = (axis.to(logits) for axis in axes)
    places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1)[None]
    found = F.grid_sample(
        logits[None, None], places, mode="bilinear", padding_mode="border", align_corners=False
    )[0, 0]
    inside = (rows.abs() <= 1)[:, None] & (columns.abs() <= 1)
    return torch.where(inside, found, outside)


def near_border(logits: Tensor, crops: Sequence[Crop], grid: Grid, size: int) -> Tensor:
    """Return what lies near the border of masks, where alone a refiner is at home.

    Args:
        logits: (N, 1, h, w) on the stride-4 grid.
        crops: N of them.
        grid: of the picture.
        size: of a side of the result.

    Returns:
        (N, size, size) bool.
    """
    mask = (logits > 0).float()
    grown, shrunk = _widest(mask), -_widest(-mask)
    return sampled(grown - shrunk, crops, grid, size)[:, 0] > 0.5


def _widest(x: Tensor) -> Tensor:
    """Maximum around each cell of (N, 1, h, w), first over columns and then over rows."""
    width, pad = 2 * _BORDER_CELLS + 1, _BORDER_CELLS
    return F.max_pool2d(F.max_pool2d(x, (1, width), 1, (0, pad)), (width, 1), 1, (pad, 0))


def prompts_on_crop(prompt: Prompt, crop: Crop, size: int) -> Tensor:
    """Draw clicks as bumps and boxes as cover: (3, size, size) positive, negative, box."""
    planes = torch.zeros(3, size, size)
    steps = (torch.arange(size) + 0.5) / size
    for x, y, label in prompt.points:
        across = _bump(steps - (x - crop.x0) / crop.width)
        down = _bump(steps - (y - crop.y0) / crop.height)
        plane = planes[0 if label else 1]
        torch.maximum(plane, down[:, None] * across, out=plane)
    for x0, y0, x1, y1 in prompt.boxes:
        across = _cover((x0 - crop.x0) / crop.width, (x1 - crop.x0) / crop.width, size)
        down = _cover((y0 - crop.y0) / crop.height, (y1 - crop.y0) / crop.height, size)
        torch.maximum(planes[2], down[:, None] * across, out=planes[2])
    return planes


def _bump(distance: Tensor) -> Tensor:
    return torch.exp(-0.5 * (distance / _CLICK_SIZE) ** 2)


def _cover(low: float, high: float, size: int) -> Tensor:
    """Fraction of each of ``size`` cells of 0..1 between two places."""
    cells = torch.arange(size)
    return ((cells + 1).clamp(max=high * size) - cells.clamp(min=low * size)).clamp(0, 1)
