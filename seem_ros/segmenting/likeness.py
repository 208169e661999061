"""How alike what is seen is to what is remembered, by the features that dense prompts compare.

The mean of these features under a mask tells an object from its neighbours, even of the same
colour or class: where tracks had slipped off (rendered clips, J < 0.15) the cosine with what was
remembered had a 95th percentile of 0.57, where they were right (J > 0.6) a 5th of 0.88.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures
from seem_ros.model.semantic_map import pooled
from seem_ros.segmenting.memory import LOOKS, Remembered


def looks_under(features: ImageFeatures, logits: Tensor) -> Tensor:
    """Return the mean feature (N, c), of unit length, under (N, h, w) mask logits."""
    return pooled(features.dense[LOOKS][0], logits)


def likeness(looks: Tensor, memories: Sequence[Remembered]) -> float:
    """Return the cosine of (c,) looks, on the CPU, with the most alike memory, 0..1."""
    rows = F.normalize(torch.cat([memory.look for memory in memories]).float(), dim=-1)
    return float((rows @ looks.float()).max().clamp(0, 1))
