"""What the official code makes of decoder outputs and this package does not: for the goldens."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import QueryOutput
from seem_ros.model.preprocess import Geometry
from seem_ros.model.scores import point_scores, text_scores
from seem_ros.model.text.language_encoder import LanguageEncoder
from support.official_decoder import OfficialBatch

INSTANCES_KEPT = 100


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


def prompt_scores(
    language: LanguageEncoder, output: QueryOutput, batch: OfficialBatch
) -> Tensor | None:
    """Score the queries of each sequence by its most exact prompt: (B, N, Q).

    None when the batch holds no prompt to select by.
    """
    for tokens in (batch.points, batch.visual):
        if tokens is not None:
            return point_scores(output, tokens.mean)
    for text in (batch.text, batch.audio):
        if text is not None:
            return text_scores(language, output, text.sentence[:, None])
    return None
