"""The next click as SEEM's own evaluation simulates it, to compare figures with published ones.

It differs from :func:`seem_ros.evaluation.clicking.next_click` in its approximate distance
transform (Pham et al. 2021, "A differentiable convolutional distance transform layer for improved
image segmentation"), in choosing the sign by area, and in clicking 3 x 3 pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

GOOD_ENOUGH = 0.925  # IoU from which on no click follows
_SHARPNESS = 0.35


def next_clicks(
    logits: Tensor, truth: Tensor, positive: Tensor, negative: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Add one click an object to those made so far.

    Args:
        logits: (N, h, w) mask logits of the last round, any resolution.
        truth: (N, H, W) bool.
        positive: (N, H, W) bool, object clicks so far.
        negative: the same for background clicks, None = none yet.

    Returns:
        Accumulated positive and negative clicks, and what is wrongly in the masks, each
        (N, H, W) bool.
    """
    upsampled = F.interpolate(
        logits[None], size=truth.shape[1:], mode="bilinear", align_corners=False
    )[0]
    mask = upsampled > 0
    positive = positive.clone()
    negative = torch.zeros_like(positive) if negative is None else negative.clone()
    clicked = positive | negative
    missed, extra = truth & ~mask & ~clicked, ~truth & mask & ~clicked
    overlap = (mask & truth).flatten(1).sum(1)
    good = overlap / (mask | truth).flatten(1).sum(1).clamp(min=1) >= GOOD_ENOUGH
    for i in range(len(truth)):
        is_missed = bool(missed[i].sum() > extra[i].sum())
        region = missed[i] if is_missed else extra[i]
        if not good[i] and bool(region.any()):
            (positive if is_missed else negative)[i] |= _click(region)
    return positive, negative, extra


def _click(region: Tensor) -> Tensor:
    """3 x 3 pixels around the deepest point of a (H, W) bool region."""
    outside = ~F.pad(region, (1, 1, 1, 1))
    depth = distance_transform(outside.float())[1:-1, 1:-1]
    clicked = torch.zeros_like(depth)
    clicked.view(-1)[depth.argmax()] = 1.0
    return F.max_pool2d(clicked[None, None], 3, 1, 1)[0, 0] > 0


def distance_transform(image: Tensor) -> Tensor:
    """Approximate distance of every pixel of a (H, W) 0/1 image to the nearest 1."""
    offsets = torch.arange(-1.0, 2.0)
    rows, columns = torch.meshgrid(offsets, offsets, indexing="ij")
    kernel = torch.exp(-torch.hypot(rows, columns) / _SHARPNESS)[None, None]
    reached, distance = image[None, None].clone(), torch.zeros_like(image)[None, None]
    for ring in range(max(image.shape)):
        near = F.conv2d(F.pad(reached, (1, 1, 1, 1), mode="replicate"), kernel)
        step = torch.nan_to_num(-_SHARPNESS * near.log(), posinf=0.0)
        new = step > 0
        if not bool(new.any()):
            break
        distance = torch.where(new, distance + ring + step, distance)
        reached = torch.where(new, torch.ones_like(reached), reached)
    return distance[0, 0]
