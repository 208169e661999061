"""Training of other readings of a prompt, and of the IoU that masks are expected to have."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import QueryOutput
from training.steps.losses import doubled, mask_loss, shrunk

ANSWERED = 0.3  # weight of a reading where the first answer is better than all of them
ALL = 0.05  # weight of all readings, so that none is left behind
LEVELS = 0.2
SHARE = 0.5  # of readings in the total
QUALITY_SHARE = 0.2


def reading_losses(
    answer: QueryOutput, readings: QueryOutput, target: Tensor, weight: Tensor, first: Tensor
) -> dict[str, Tensor]:
    """Mask loss of the best reading of each prompt, and how far off the expected IoUs are.

    Only the best one learns (multiple choice learning), less so where the first answer is better
    still: the readings are to hold what the first answer does not.

    Args:
        answer: of the spatial queries.
        readings: of the reading queries.
        target: (B, H, W) in 0..1 at half the input's size.
        weight: (B, H, W), 0 where a pixel is ignored.
        first: (B,) mask losses of the answers.
    """
    each = torch.stack(
        [
            mask_loss(doubled(readings.mask_logits[:, k : k + 1]), target, weight)
            for k in range(readings.mask_logits.shape[1])
        ],
        1,
    )
    best, winner = each.min(1)
    share = torch.where(best < first, 1.0, ANSWERED)
    loss = (share * best).mean() + ALL * each.mean()
    for logits in readings.level_logits:
        won = logits.gather(1, winner[:, None, None, None].expand(-1, 1, *logits.shape[-2:]))
        small = (shrunk(x, logits) for x in (target, weight))
        loss = loss + LEVELS * (share * mask_loss(won[:, 0], *small)).mean()
    logits = torch.cat((answer.mask_logits, readings.mask_logits), 1)
    assert answer.quality is not None
    assert readings.quality is not None
    quality = torch.cat((answer.quality, readings.quality), 1)
    overlap = overlaps(logits.detach(), target, weight)
    off = F.binary_cross_entropy_with_logits(quality, overlap)
    return {"reading": SHARE * loss, "quality": QUALITY_SHARE * off}


def overlaps(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """IoU (B, Q) of masks (B, Q, h, w) with targets (B, 2h, 2w); 0 where there is no object."""
    size = target.shape[-2:]
    inside = F.interpolate(logits, size=size, mode="bilinear", align_corners=False) > 0
    truth, counts = (target > 0.5)[:, None], weight[:, None]
    both = ((inside & truth) * counts).sum((-2, -1))
    either = ((inside | truth) * counts).sum((-2, -1))
    return both / either.clamp(min=1)
