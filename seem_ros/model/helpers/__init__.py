"""Networks that are not SEEM and help it: they stand beside the model, each may be missing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from seem_ros.model.config import RefinerConfig, SeemConfig
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.helpers.refiner import Refiner
from seem_ros.model.helpers.second_eye import SecondEye


@dataclass(frozen=True, eq=False)
class Helpers:
    """What stands beside a model.

    Attributes:
        detector: finds everyday things, for words and names.
        recogniser: knows ImageNet's classes, for words.
        refiner: makes masks exact.
        second_eye: looks once more where an operator insists.
    """

    detector: Detector | None = None
    recogniser: ImageRecogniser | None = None
    refiner: Refiner | None = None
    second_eye: SecondEye | None = None

    def to(self, device: torch.device) -> Helpers:
        """Move them to a device, for use."""
        for helper in (self.detector, self.recogniser, self.refiner, self.second_eye):
            if isinstance(helper, nn.Module):
                helper.to(device).eval()
        return self


NO_HELPERS = Helpers()


def build_refiner(config: SeemConfig) -> Refiner:
    """Build the refiner of a configuration; it reads features of dense prompts.

    Raises:
        ValueError: the model has none.
    """
    dense = config.decoder.dense_prompts
    if dense is None:
        raise ValueError(f"{config.name}: a refiner needs dense prompts")
    return Refiner(config.refiner or RefinerConfig(), dense.fine_dim, dense.middle_dim)
