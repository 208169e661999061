"""Training of object queries: every object of an image, named, without a prompt."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures, PromptBatch
from seem_ros.model.seem import Seem
from seem_ros.model.text.vocabularies import BACKGROUND
from training.data.batches import Batch
from training.steps.losses import object_loss
from training.steps.texts import TextSource


def object_losses(
    model: Seem, texts: TextSource, features: ImageFeatures, batch: Batch
) -> dict[str, Tensor]:
    """Hungarian loss at stride 8, mean over the images."""
    output = model.decode(features, PromptBatch(1, ("object",)))["object"]
    masks = torch.einsum("iqm,imhw->iqhw", output.mask_embedding, features.scaled_masks[2])
    names = sorted({n for image in batch.names for n in image.values() if n})
    candidates = [*texts.with_negatives(names, key=int(batch.labels[0].sum())), BACKGROUND]
    classes = model.language.class_logits(output.class_embedding, texts.rows(candidates))
    total = masks.sum() * 0
    for index in range(features.images):
        size = (masks.shape[-2], masks.shape[-1])
        targets, labels, weight = _targets(batch, index, candidates, size)
        device = masks.device
        total = total + object_loss(
            masks[index], classes[index], targets.to(device), weight.to(device), labels.to(device)
        )
    return {"objects": 0.3 * total / features.images}


def _targets(
    batch: Batch, index: int, candidates: list[str], size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Masks (T, h, w), classes (T,) with -1 for unnamed, and pixel weights (h, w) of an image."""
    labels, names = batch.labels[index], batch.names[index]
    shown = {i: name for i, name in names.items() if (labels == i).any()}
    masks = [torch.from_numpy(labels == i) for i in shown]
    targets = _shrunk(torch.stack(masks), size) if masks else torch.zeros(0, *size)
    classes = [candidates.index(name) if name else -1 for name in shown.values()]
    weight = 1 - _shrunk(torch.from_numpy(batch.ignore[index])[None], size)[0]
    return targets, torch.tensor(classes, dtype=torch.int64), weight


def _shrunk(masks: Tensor, size: tuple[int, int]) -> Tensor:
    return F.adaptive_avg_pool2d(masks[None].float(), size)[0]
