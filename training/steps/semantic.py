"""Training of the semantic map along with the rest, so that the backbone learns names too."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures
from seem_ros.model.seem import Seem
from training.data.batches import Batch
from training.steps.semantic_targets import FORMS, UNKNOWN, cell_targets
from training.steps.texts import TextSource

SHARE = 0.5  # of this loss in the total


def semantic_losses(
    model: Seem,
    texts: TextSource,
    features: ImageFeatures,
    batch: Batch,
    rng: np.random.Generator,
) -> dict[str, Tensor]:
    """Cross entropy of every cell over all names and background; unnamed objects say nothing.

    Views without any name are left out: what is unlabelled in them may be anything.
    """
    rows = [i for i, names in enumerate(batch.names) if any(names.values())]
    if features.semantic is None or not rows:
        return {"semantic": features.mask_features.sum() * 0}
    index = {name: i for i, name in enumerate(texts.names)}
    pairs = [cell_targets(batch.labels[i], batch.names[i], index) for i in rows]
    device = features.semantic.device
    targets = torch.from_numpy(np.stack([t for t, _ in pairs])).to(device).long().flatten()
    weights = torch.from_numpy(np.stack([w for _, w in pairs])).to(device).flatten()
    forms = rng.integers(len(FORMS), size=len(index))
    phrases = [FORMS[f].format(n) for f, n in zip(forms, texts.names, strict=True)]
    meanings = model.language.semantic_rows(texts.meanings(phrases))
    cells = features.semantic[rows].permute(0, 2, 3, 1).flatten(0, 2)
    logits = model.semantic_map.logits(cells, meanings)
    each = F.cross_entropy(logits, targets.clamp(min=0), reduction="none")
    weights = weights * (targets != UNKNOWN)
    return {"semantic": SHARE * (each * weights).sum() / weights.sum().clamp(min=1e-3)}
