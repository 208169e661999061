"""Training of text prompts: mark all that is named, and know when it is not there."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures, PromptBatch
from seem_ros.model.seem import Seem
from seem_ros.training.batches import Batch, half_size
from seem_ros.training.losses import dense_loss, doubled, level_loss
from seem_ros.training.texts import TextSource


def text_losses(
    model: Seem, texts: TextSource, features: ImageFeatures, batch: Batch
) -> dict[str, Tensor]:
    """Mask loss of the grounding query and loss of its presence score."""
    text = texts.features([t.phrase or "thing" for t in batch.texts])
    per_image = len(batch.texts) // features.images
    request = PromptBatch(per_image=per_image, groups=("grounding",), text=text)
    output = model.decode(features, request, all_layers=True)["grounding"]
    zero = output.mask_logits.sum() * 0
    rows = [i for i, t in enumerate(batch.texts) if t.name]
    if not rows:
        return {"text": zero, "presence": zero}
    truth = np.stack([batch.texts[i].truth for i in rows])
    target = torch.from_numpy(half_size(truth)).to(zero)
    weight = batch.weights().to(target).repeat_interleave(per_image, 0)[rows]
    loss = dense_loss(doubled(output.mask_logits[rows]), target, weight).mean()
    for logits in output.level_logits:
        loss = loss + 0.2 * level_loss(dense_loss, logits[rows], target, weight)
    there = torch.from_numpy(truth.any((1, 2))).to(zero)
    presence = model.language.presence(output.class_embedding[rows, 0], text.sentence[rows])
    each = F.binary_cross_entropy_with_logits(presence, there, reduction="none")
    certain = torch.tensor([_certain(texts, batch, i, per_image) for i in rows]).to(zero)
    return {
        "text": 2 * loss,
        "presence": 0.5 * (each * certain).sum() / certain.sum().clamp(min=1),
    }


def _certain(texts: TextSource, batch: Batch, row: int, per_image: int) -> bool:
    """False for an absent name that may mean something that is in the image."""
    task, names = batch.texts[row], batch.names[row // per_image]
    if task.truth.any():
        return True
    return texts.different(task.name, sorted({n for n in names.values() if n}))
