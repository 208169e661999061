"""Decoder outputs to masks and label images (SEEM's inference, after Mask2Former)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.preprocess import Geometry

INSTANCES_KEPT = 100
_MASK_THRESHOLD = 0.5


@dataclass(frozen=True)
class Segment:
    """One region of a panoptic label image: its label, class index and whether it is a thing."""

    id: int
    class_index: int
    is_thing: bool


@dataclass(frozen=True)
class InstanceMasks:
    """Instances found without a prompt: (N,) scores and classes, (N, H, W) bool masks."""

    scores: Tensor
    classes: Tensor
    masks: Tensor


def to_resized(logits: Tensor, geometry: Geometry) -> Tensor:
    """Upsample (N, h, w) stride-4 logits to the padded size and cut the padding off."""
    height, width = geometry.resized
    upsampled = F.interpolate(
        logits[None], size=geometry.padded, mode="bilinear", align_corners=False
    )
    return upsampled[0, :, :height, :width]


def to_original(logits: Tensor, geometry: Geometry) -> Tensor:
    """Upsample (N, h, w) stride-4 logits to the original image: (N, H, W)."""
    resized = to_resized(logits, geometry)
    if geometry.resized == geometry.original:
        return resized
    return F.interpolate(
        resized[None], size=geometry.original, mode="bilinear", align_corners=False
    )[0]


def original_masks(logits: Tensor, geometry: Geometry) -> Tensor:
    """Where (N, h, w) stride-4 logits are positive in the original image: (N, H, W) bool.

    The same as ``to_original(logits, geometry) > 0`` but for rounding; only around what is
    positive anything is computed.
    """
    out = torch.zeros(len(logits), *geometry.original, dtype=torch.bool, device=logits.device)
    axes = zip(logits.shape[1:], geometry.padded, geometry.resized, geometry.original, strict=True)
    rows, columns = (_stretch(*sizes).to(logits) for sizes in axes)
    for mask, x in zip(out, logits, strict=True):
        positive = x > 0
        if not bool(positive.any()):
            continue
        high, wide = _reached(rows, positive.any(1)), _reached(columns, positive.any(0))
        mask[high, wide] = rows[:, high].t() @ x @ columns[:, wide] > 0
    return out


@lru_cache(maxsize=16)
def _stretch(cells: int, padded: int, resized: int, original: int) -> Tensor:
    """Weights (cells, original) of the two bilinear steps of :func:`to_original` on one axis."""
    weights = F.interpolate(torch.eye(cells)[None], size=padded, mode="linear")[..., :resized]
    if resized != original:
        weights = F.interpolate(weights, size=original, mode="linear")
    return weights[0]


def _reached(weights: Tensor, cells: Tensor) -> slice:
    """The pixels of an axis that cells (bool) between the first and last set one reach."""
    first, last = cells.nonzero()[[0, -1], 0].tolist()
    pixels = (weights[first : last + 1] > 0).any(0).nonzero()[[0, -1], 0].tolist()
    return slice(pixels[0], pixels[1] + 1)


def to_output(logits: Tensor, geometry: Geometry, size: tuple[int, int]) -> Tensor:
    """Upsample as the official code does without prompts: bicubic, antialiased, to ``size``."""
    resized = to_resized(logits, geometry)
    return F.interpolate(
        resized[None], size=size, mode="bicubic", align_corners=False, antialias=True
    )[0]


def semantic(class_logits: Tensor, mask_logits: Tensor) -> Tensor:
    """Score every class at every pixel.

    Args:
        class_logits: (Q, K + 1), the last column means "no class".
        mask_logits: (Q, H, W).

    Returns:
        (K, H, W).
    """
    classes = class_logits.softmax(-1)[:, :-1]
    return torch.einsum("qk,qhw->khw", classes, mask_logits.sigmoid())


def panoptic(
    class_logits: Tensor,
    mask_logits: Tensor,
    things: int,
    object_threshold: float = 0.8,
    overlap_threshold: float = 0.8,
) -> tuple[Tensor, list[Segment]]:
    """Assign every pixel to at most one segment.

    Args:
        class_logits: (Q, K + 1), the last column means "no class".
        mask_logits: (Q, H, W).
        things: classes below this index are things; equal stuff classes are merged.
        object_threshold: queries with a lower class score are left out.
        overlap_threshold: a segment survives if it keeps this share of its mask.

    Returns:
        (H, W) int32 labels, 0 where no segment is, and the segments in label order.
    """
    scores, classes = class_logits.softmax(-1).max(-1)
    kept = (classes != class_logits.shape[-1] - 1) & (scores > object_threshold)
    labels = torch.zeros(mask_logits.shape[1:], dtype=torch.int32, device=mask_logits.device)
    if not kept.any():
        return labels, []
    masks = mask_logits[kept].sigmoid()
    winner = (scores[kept, None, None] * masks).argmax(0)
    segments: list[Segment] = []
    stuff: dict[int, int] = {}
    for row, class_index in enumerate(classes[kept].tolist()):
        won, own = winner == row, masks[row] >= _MASK_THRESHOLD
        region = won & own
        areas = (won.sum().item(), own.sum().item(), region.sum().item())
        if min(areas) == 0 or areas[0] / areas[1] < overlap_threshold:
            continue
        is_thing = class_index < things
        label = len(segments) + 1 if is_thing else stuff.get(class_index, len(segments) + 1)
        labels[region] = label
        if label > len(segments):
            segments.append(Segment(label, class_index, is_thing))
            if not is_thing:
                stuff[class_index] = label
    return labels, segments


def instances(
    class_logits: Tensor, mask_logits: Tensor, things: int | None = None
) -> InstanceMasks:
    """Pick the best (query, class) pairs as instances, best first.

    The score is the class score times the mean of the mask's probabilities inside it.

    Args:
        class_logits: (Q, K + 1), the last column means "no class".
        mask_logits: (Q, H, W).
        things: keep classes below this index only; None keeps all.
    """
    scores = class_logits.softmax(-1)[:, :-1]
    best, flat = scores.flatten().topk(min(INSTANCES_KEPT, scores.numel()))
    queries, classes = flat // scores.shape[1], flat % scores.shape[1]
    if things is not None:
        kept = classes < things
        best, queries, classes = best[kept], queries[kept], classes[kept]
    logits = mask_logits[queries]
    masks = logits > 0
    inside = (logits.sigmoid() * masks).flatten(1).sum(1)
    total = best * inside / (masks.flatten(1).sum(1) + 1e-6)
    order = total.argsort(descending=True, stable=True)
    return InstanceMasks(total[order], classes[order], masks[order])
