"""A tiny model and the features of one picture, for structural tests of the network."""

from __future__ import annotations

import pytest
import torch

from seem_ros.model.features import ImageFeatures
from seem_ros.model.seem import Seem
from support.tiny_seem import tiny_seem


@pytest.fixture(scope="module")
def model() -> Seem:
    return tiny_seem()


@pytest.fixture(scope="module")
def features(model: Seem) -> ImageFeatures:
    torch.manual_seed(3)
    with torch.no_grad():
        return model.encode_image(torch.randn(1, 3, 64, 96))
