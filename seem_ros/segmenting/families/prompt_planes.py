"""Prompts as numbers for models with dense prompts: a few point tokens and four planes.

The same code runs in training and in the segmenter, so that a trained model sees exactly the
prompts it was trained on. :func:`encode_prompt` draws one prompt on the grid of its picture,
:func:`prompt_batch` makes the decoder's input of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.model.features import (
    ImageFeatures,
    PointSet,
    PromptBatch,
    SpatialTokens,
    TextFeatures,
)
from seem_ros.model.seem import Seem
from seem_ros.model.transfers import send
from seem_ros.prompts import Prompt
from seem_ros.segmenting.grid import Grid

CLICK_RADIUS = 1.5  # cells of the grid
STROKE_TOKENS = 8  # per stroke
MASK_TOKENS = 16
POSITIVE, NEGATIVE, PREVIOUS, BOX = range(4)


@dataclass(frozen=True, eq=False)
class EncodedPrompt:
    """Point tokens and planes of one prompt.

    Attributes:
        xy: (P, 2) float64 places of the tokens in cells of the grid.
        positive: (P,) bool.
        planes: (4, h, w) float32 in 0..1: positive, negative, previous mask, box.
    """

    xy: np.ndarray
    positive: np.ndarray
    planes: np.ndarray


def encode_prompt(prompt: Prompt, grid: Grid) -> EncodedPrompt:
    """Encode the spatial part of a validated prompt (text and example go another way)."""
    planes = np.zeros((4, *grid.cells), np.float32)
    places: list[np.ndarray] = []
    signs: list[bool] = []
    if prompt.points:
        clicks = grid.to_cells([(x, y) for x, y, _ in prompt.points])
        for place, (_, _, label) in zip(clicks, prompt.points, strict=True):
            _draw_click(planes[POSITIVE if label else NEGATIVE], place)
            places.append(place[None])
            signs.append(bool(label))
    for stroke in prompt.strokes:
        line = grid.to_cells(stroke.points)
        width = stroke.width * grid.cells_per_pixel[1]
        _draw_stroke(planes[POSITIVE if stroke.positive else NEGATIVE], line, width)
        tokens = _along(line, STROKE_TOKENS)
        places.append(tokens)
        signs += [stroke.positive] * len(tokens)
    for box in prompt.boxes:
        corners = grid.to_cells([box[:2], box[2:]])
        np.maximum(planes[BOX], _box_cover(corners, grid.cells), out=planes[BOX])
    if prompt.mask is not None:
        planes[PREVIOUS] = grid.cover(prompt.mask)
        tokens = spread_points(planes[PREVIOUS] > 0.5, MASK_TOKENS)
        places.append(tokens)
        signs += [True] * len(tokens)
    xy = np.concatenate(places) if places else np.zeros((0, 2))
    return EncodedPrompt(xy, np.asarray(signs, bool), planes)


def places_on(cover: np.ndarray, count: int) -> np.ndarray:
    """Up to ``count`` places (P, 2), x y, on what covers cells (h, w) at least half.

    Of what is too small for that, the cells that it covers most.
    """
    return spread_points(cover >= min(0.5, float(cover.max())), count)


def spread_points(region: np.ndarray, count: int) -> np.ndarray:
    """Up to ``count`` evenly ranked cells of a (h, w) bool region as (P, 2) x y centres."""
    rows, columns = np.nonzero(region)
    if len(rows) == 0:
        return np.zeros((0, 2))
    chosen = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)
    return np.stack((columns[chosen], rows[chosen]), 1) + 0.5


def collate_points(
    prompts: Sequence[EncodedPrompt], cells: tuple[int, int], limit: int
) -> PointSet | None:
    """Pad the tokens of several prompts to one batch; None when no prompt has any.

    At most ``limit`` tokens of a prompt are kept, evenly chosen.
    """
    longest = min(limit, max((len(p.xy) for p in prompts), default=0))
    if longest == 0:
        return None
    yx = np.zeros((len(prompts), longest, 2), np.float32)
    positive = np.zeros((len(prompts), longest), bool)
    valid = np.zeros_like(positive)
    for row, prompt in enumerate(prompts):
        count = min(longest, len(prompt.xy))
        if count == 0:
            continue
        chosen = np.linspace(0, len(prompt.xy) - 1, count).round().astype(int)
        yx[row, :count] = prompt.xy[chosen][:, ::-1] / cells
        positive[row, :count] = prompt.positive[chosen]
        valid[row, :count] = True
    tensors = (torch.from_numpy(x) for x in (yx, positive, valid))
    return PointSet.of(*tensors)


def prompt_batch(
    model: Seem,
    features: ImageFeatures,
    prompts: Sequence[EncodedPrompt],
    *,
    previous: Tensor | None = None,
    has_previous: Tensor | None = None,
    references: SpatialTokens | None = None,
    text: TextFeatures | None = None,
    planes: Tensor | None = None,
) -> PromptBatch:
    """Put prompts together for the decoder's spatial queries.

    Args:
        model: with dense prompts.
        features: of I images of one size.
        prompts: B, a multiple of I, those of one image adjacent.
        previous: (B, 1, h, w) mask logits of the last round, None when none has any.
        has_previous: (B,) bool, which have; goes with ``previous``.
        references: tokens of the objects in other images, batch B.
        text: batch B.
        planes: what :func:`joined_planes` gave for the same prompts, where it is known.
    """
    device = features.mask_features.device
    if planes is None:
        planes = joined_planes(prompts, previous, has_previous)
    if previous is not None and has_previous is not None:
        previous, has_previous = previous.to(device), has_previous.to(device)
    cells = planes.shape[-2], planes.shape[-1]
    points = collate_points(prompts, cells, model.config.decoder.max_points)
    return PromptBatch(
        per_image=len(prompts) // features.images,
        groups=("spatial",),
        points=None if points is None else model.spatial_tokens(features, points.to(device)),
        visual=references,
        text=text,
        previous=previous,
        has_previous=has_previous,
        planes=planes if planes.device == device else send(planes, device),
    )


def joined_planes(
    prompts: Sequence[EncodedPrompt], previous: Tensor | None, has_previous: Tensor | None
) -> Tensor:
    """Return the planes (B, 4, h, w) of prompts with those of the last round drawn in.

    Args:
        prompts: B of them.
        previous: (B, 1, h, w) mask logits of the last round, None when none has any.
        has_previous: (B,) bool, which have; goes with ``previous``.
    """
    planes = torch.from_numpy(np.stack([prompt.planes for prompt in prompts]))
    if previous is not None and has_previous is not None:
        planes = planes.to(previous.device)
        remembered = previous[:, 0].sigmoid()
        planes[:, PREVIOUS] = torch.where(
            has_previous.to(planes.device)[:, None, None], remembered, planes[:, PREVIOUS]
        )
    return planes


def _draw_click(plane: np.ndarray, place: np.ndarray) -> None:
    """Set the cells whose centre lies within the click radius; always at least one cell."""
    rows = np.arange(plane.shape[0])[:, None] + 0.5 - place[1]
    columns = np.arange(plane.shape[1])[None] + 0.5 - place[0]
    plane[rows**2 + columns**2 <= CLICK_RADIUS**2] = 1.0
    row = min(max(int(place[1]), 0), plane.shape[0] - 1)
    column = min(max(int(place[0]), 0), plane.shape[1] - 1)
    plane[row, column] = 1.0


def _draw_stroke(plane: np.ndarray, line: np.ndarray, width: float) -> None:
    if len(line) == 1:
        _draw_click(plane, line[0])
        return
    points = np.floor(line).astype(np.int32)
    cv2.polylines(plane, [points], False, 1.0, thickness=max(2, round(width)))


def _along(line: np.ndarray, count: int) -> np.ndarray:
    """Evenly spaced points along a polyline (N, 2), its ends included."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    length = np.concatenate(([0.0], np.cumsum(steps)))
    if length[-1] == 0:
        return line[:1]
    at = np.linspace(0, length[-1], min(count, max(2, int(length[-1] / 2))))
    return np.stack([np.interp(at, length, line[:, axis]) for axis in (0, 1)], 1)


def _box_cover(corners: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Fraction of each cell that a box covers: its edges keep sub-cell precision."""
    cover = []
    for axis, size in ((1, cells[0]), (0, cells[1])):
        start = np.arange(size)
        low, high = corners[0, axis], corners[1, axis]
        cover.append(np.clip(np.minimum(start + 1, high) - np.maximum(start, low), 0, 1))
    return np.outer(*cover).astype(np.float32)
