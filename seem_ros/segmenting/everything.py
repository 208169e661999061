"""Label everything in a picture: each pixel belongs to one object, or to none.

From the object queries it is SEEM's inference, after Mask2Former.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.transfers import fetch
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.naming import Vocabulary

CLASS_THRESHOLD = 0.4  # the official demo's
OVERLAP_THRESHOLD = 0.8
_MASK_THRESHOLD = 0.5


@dataclass(frozen=True)
class Segment:
    """One region of a panoptic label image: its label, class index and whether it is a thing."""

    id: int
    class_index: int
    is_thing: bool


def label_everything(
    class_logits: Tensor,
    mask_logits: Tensor,
    vocabulary: Vocabulary,
    thresholds: Mapping[str, float],
) -> tuple[np.ndarray, list[SegmentedObject]]:
    """Return (H, W) int32 labels, 0 = nothing, and the object of label i at place i - 1.

    Args:
        class_logits: (Q, K + 1), the last column means "no class".
        mask_logits: (Q, H, W).
        vocabulary: of K names.
        thresholds: of the model's configuration, over the defaults.
    """
    found, segments = panoptic(
        class_logits,
        mask_logits,
        vocabulary.things,
        thresholds.get("panoptic", CLASS_THRESHOLD),
        thresholds.get("overlap", OVERLAP_THRESHOLD),
    )
    (scores,) = fetch(class_logits.softmax(-1).amax(0))
    objects = []
    for segment in segments:
        mask = found == segment.id
        score = float(scores[segment.class_index])
        name = vocabulary.names[segment.class_index]
        objects.append(SegmentedObject(mask, score, name, score, box_of(mask)))
    return found, objects


def panoptic(
    class_logits: Tensor,
    mask_logits: Tensor,
    things: int,
    object_threshold: float = 0.8,
    overlap_threshold: float = 0.8,
) -> tuple[np.ndarray, list[Segment]]:
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
    kept, classes = fetch(kept, classes)
    labels = np.zeros(mask_logits.shape[1:], np.int32)
    if not kept.any():
        return labels, []
    rows = kept.nonzero().flatten().to(mask_logits.device)
    masks = mask_logits[rows].sigmoid()
    winner = (scores[rows, None, None] * masks).argmax(0)
    own = masks >= _MASK_THRESHOLD
    near, won, claimed = fetch(
        torch.where(own.gather(0, winner[None])[0], winner, -1).to(torch.int16),
        torch.stack([(winner == row).sum() for row in range(len(rows))]),
        own.sum((1, 2)),
    )
    regions, areas = near.numpy(), zip(won.tolist(), claimed.tolist(), strict=True)
    segments: list[Segment] = []
    stuff: dict[int, int] = {}
    for row, (class_index, (most, all_own)) in enumerate(
        zip(classes[kept].tolist(), areas, strict=True)
    ):
        region = regions == row
        if not region.any() or most / all_own < overlap_threshold:
            continue
        is_thing = class_index < things
        label = len(segments) + 1 if is_thing else stuff.get(class_index, len(segments) + 1)
        labels[region] = label
        if label > len(segments):
            segments.append(Segment(label, class_index, is_thing))
            if not is_thing:
                stuff[class_index] = label
    return labels, segments
