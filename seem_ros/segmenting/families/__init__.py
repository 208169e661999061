"""How each family of models is asked: the official ones with points, nano with planes."""

from __future__ import annotations

import torch

from seem_ros.model.helpers import Helpers
from seem_ros.model.seem import Seem
from seem_ros.segmenting.families.family import Family


def family_of(model: Seem, helpers: Helpers, device: torch.device) -> Family:
    """Return the family that a model belongs to; the official one asks no helper."""
    if model.config.decoder.dense_prompts is not None:
        from seem_ros.segmenting.families.planes import PlaneFamily

        return PlaneFamily(model, helpers, device)
    from seem_ros.segmenting.families.points import PointFamily

    return PointFamily(model, device)
