"""Prompt masks on the padded grid to the points that SEEM's visual sampler reads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seem_ros.model.features import PointSet


def spread(count: int, limit: int) -> Tensor:
    """Choose at most ``limit`` of ``count`` points, evenly spread over their order.

    The official code draws them at random; this choice is the same every time.
    """
    if count <= limit:
        return torch.arange(count)
    return torch.linspace(0, count - 1, limit, dtype=torch.float64).round().long()


def points_of_masks(
    positive: Tensor, negative: Tensor | None = None, limit: int = 512
) -> PointSet:
    """Turn the masks of the objects of one sequence into points.

    Args:
        positive: (N, H, W) bool on the padded grid, one mask per object.
        negative: the same for "not this".
        limit: points kept of each mask, spread evenly.

    Returns:
        A set of batch 1 with ``count`` N. Coordinates are pixel indices divided by the size,
        without half a pixel: the official weights were trained with them.
    """
    masks = [(positive, True)] if negative is None else [(positive, True), (negative, False)]
    size = torch.tensor(positive.shape[1:], dtype=torch.float32, device=positive.device)
    yx, signs, objects = [], [], []
    for stack, sign in masks:
        for index, mask in enumerate(stack):
            found = mask.nonzero()
            found = found[spread(len(found), limit).to(found.device)]
            yx.append(found / size)
            signs += [sign] * len(found)
            objects += [index] * len(found)
    device = positive.device
    sign_row = torch.tensor(signs, dtype=torch.bool, device=device)[None]
    object_row = torch.tensor(objects, dtype=torch.int64, device=device)[None]
    valid = torch.ones_like(sign_row)
    return PointSet(torch.cat(yx)[None], sign_row, valid, object_row, len(positive))


def batched(sets: Sequence[PointSet]) -> PointSet:
    """Stack one-sequence sets of one object each into a batch, padded to the longest.

    A batch without any point gets one invalid one, so that its width is never zero.
    """
    width = max(1, max(points.yx.shape[1] for points in sets))
    yx = sets[0].yx.new_zeros(len(sets), width, 2)
    positive = sets[0].positive.new_zeros(len(sets), width)
    valid = torch.zeros_like(positive)
    for row, points in enumerate(sets):
        count = points.yx.shape[1]
        yx[row, :count], positive[row, :count] = points.yx[0], points.positive[0]
        valid[row, :count] = points.valid[0]
    return PointSet.of(yx, positive, valid)
