"""One training step: spatial prompts, object queries and the semantic map on shared features."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from seem_ros.model.seem import Seem
from training.data.batches import Batch
from training.steps.objects import object_losses
from training.steps.semantic import semantic_losses
from training.steps.spatial import spatial_losses
from training.steps.texts import TextSource


class Trainer(nn.Module):
    """Computes the loss of a batch; has no weights but the model's.

    Args:
        model: what learns.
        texts: encodes names.
        bf16: multiply in bfloat16.
    """

    def __init__(self, model: Seem, texts: TextSource, bf16: bool = False) -> None:
        super().__init__()
        self.model, self.texts, self.bf16 = model, texts, bf16

    def forward(self, batch: Batch, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        """Return the loss and its parts for the log."""
        device = self.model.language.lang_proj.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.bf16):
            features = self.model.encode_image(self.normalised(batch))
            parts = spatial_losses(self.model, self.texts, features, batch, rng)
            parts |= object_losses(self.model, self.texts, features, batch)
            parts |= semantic_losses(self.model, self.texts, features, batch, rng)
        total = torch.stack(list(parts.values())).sum()
        return total, {k: float(v.detach()) for k, v in parts.items()}

    def normalised(self, batch: Batch) -> Tensor:
        """(I, 3, H, W) float32 model input."""
        config = self.model.config.input
        images = torch.from_numpy(batch.images).float()
        images = (images - torch.tensor(config.mean)) / torch.tensor(config.std)
        images = images.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        return images.to(self.model.language.lang_proj.device)
