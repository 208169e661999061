"""Losses of masks and classes, and Hungarian matching of object queries."""

from __future__ import annotations

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn import functional as F


def mask_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Normalised focal loss (RITM) plus dice, per mask.

    Args:
        logits: (N, h, w).
        target: (N, h, w) in 0..1.
        weight: (N, h, w), 0 where a pixel is ignored.

    Returns:
        (N,).
    """
    cross_entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    focus = (1 - torch.exp(-cross_entropy)) ** 1.5 * weight
    focal = (focus * cross_entropy).sum((1, 2)) / (focus.detach().sum((1, 2)) + 1)
    probability = logits.sigmoid() * weight
    overlap = 2 * (probability * target).sum((1, 2)) + 1
    total = probability.sum((1, 2)) + (target * weight).sum((1, 2)) + 1
    return focal + 1 - overlap / total


def doubled(logits: Tensor) -> Tensor:
    """Upsample (N, 1, h, w) logits at stride 4 to (N, 2h, 2w), the resolution of the loss."""
    return F.interpolate(logits, scale_factor=2, mode="bilinear", align_corners=False)[:, 0]


def level_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean mask loss of (N, 1, h, w) logits of an inner layer against a shrunk target."""
    target, weight = (shrunk(x, logits) for x in (target, weight))
    return mask_loss(logits[:, 0], target, weight).mean()


def shrunk(target: Tensor, like: Tensor) -> Tensor:
    """Average (N, H, W) targets over the cells of (..., h, w) logits."""
    return F.adaptive_avg_pool2d(target, (like.shape[-2], like.shape[-1]))


@torch.no_grad()
def match(
    logits: Tensor, classes: Tensor, targets: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Match queries to objects (Mask2Former section 3.3), least total cost.

    Args:
        logits: (Q, h, w) mask logits.
        classes: (Q, K) class logits.
        targets: (T, h, w) in 0..1.
        labels: (T,) class of each object, -1 = unnamed.

    Returns:
        Matched query rows and object rows, int64 of equal length.
    """
    probability, target = logits.sigmoid().flatten(1), targets.flatten(1)
    overlap = 2 * probability @ target.t() + 1
    dice = 1 - overlap / (probability.sum(1)[:, None] + target.sum(1) + 1)
    pixels = probability.shape[1]
    positive = F.softplus(-logits.flatten(1)) @ target.t()
    negative = F.softplus(logits.flatten(1)) @ (1 - target).t()
    cost = 2 * dice + 2 * (positive + negative) / pixels
    named = classes.softmax(-1)[:, labels.clamp(min=0)] * (labels >= 0)
    rows, columns = linear_sum_assignment((cost - named).cpu().numpy())
    device = logits.device
    return torch.as_tensor(rows, device=device), torch.as_tensor(columns, device=device)


def object_loss(
    logits: Tensor, classes: Tensor, targets: Tensor, weight: Tensor, labels: Tensor
) -> Tensor:
    """Hungarian loss of the object queries of one image; the last class is background.

    Args:
        logits: (Q, h, w); classes: (Q, K + 1); targets: (T, h, w); weight: (h, w);
        labels: (T,) class, -1 = unnamed.
    """
    wanted = torch.full((len(logits),), classes.shape[1] - 1, device=logits.device)
    importance = torch.full((len(logits),), 0.1, device=logits.device)
    loss = logits.sum() * 0
    if len(targets):
        rows, columns = match(logits, classes, targets, labels)
        each = mask_loss(logits[rows], targets[columns], weight.expand(len(rows), -1, -1))
        loss = loss + each.sum() / len(targets)
        chosen = labels[columns]
        wanted[rows] = chosen.clamp(min=0)
        importance[rows] = (chosen >= 0).float()
    per_query = F.cross_entropy(classes, wanted, reduction="none")
    return loss + (per_query * importance).sum() / importance.sum().clamp(min=1)
