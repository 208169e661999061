"""Designs of nano that ``benchmarks/designs.py`` compares: what each is, and one in training."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from seem_ros.model.backbones.efficientnet_lite import EfficientNetLite
from seem_ros.model.config import BackboneConfig, SeemConfig
from seem_ros.model.seem import Seem
from seem_ros.segmenter import Segmenter
from training.data.batches import Batch
from training.steps.spatial import spatial_losses
from training.steps.texts import TextSource
from training.steps.trainer import Trainer
from training.weights.pretrained import imagenet_weights

PIXELS = "sem_seg_head.pixel_decoder."
READERS = ("backbone.", "sem_seg_head.semantic_map.", f"{PIXELS}input_proj", f"{PIXELS}adapter_")
TEXT = "sem_seg_head.predictor.lang_encoder.lang_encoder."  # without its projection
LAST_THIRD = {"lite0": "_blocks.9.", "lite2": "_blocks.12."}
HEAD_DIM = 32  # channels of an attention head, as in the shipped nano
RATE, BACKBONE_RATE, WARM_UP = 1e-3, 3e-4, 20
AVERAGED = 0.97  # decay of the averaged weights, which are what is measured


@dataclass(frozen=True)
class Design:
    """What a design changes of the shipped nano.

    Attributes:
        text: as it was asked for.
        backbone: lite0 or lite2.
        trained: of the backbone: "frozen" none, "fully" all, "" its last third.
        layers: of the decoder, 0 = as shipped.
        width: channels of both decoders, which then start from nothing; 0 = as shipped.
        taught: whether a teacher's masks are half of what clicks and boxes train towards.

    """

    text: str
    backbone: str
    trained: str = ""
    layers: int = 0
    width: int = 0
    taught: bool = False

    @classmethod
    def parse(cls, text: str) -> Design:
        """Read BACKBONE[:OPTION...].

        Raises:
            ValueError: an unknown backbone or option, or a width that heads do not fit.

        """
        backbone, *options = text.split(":")
        if backbone not in LAST_THIRD:
            raise ValueError(f"backbone {backbone!r}: known are {', '.join(LAST_THIRD)}")
        design = cls(text, backbone)
        for option in options:
            number = re.fullmatch(r"(layers|width)=([1-9]\d*)", option)
            if number:
                change: dict[str, Any] = {number[1]: int(number[2])}
                design = dataclasses.replace(design, **change)
            elif option in ("frozen", "fully"):
                design = dataclasses.replace(design, trained=option)
            elif option == "taught":
                design = dataclasses.replace(design, taught=True)
            else:
                known = "frozen, fully, taught, layers=N, width=N"
                raise ValueError(f"option {option!r} of {text}: known are {known}")
        if design.width % HEAD_DIM:
            raise ValueError(f"width {design.width}: must be a multiple of {HEAD_DIM}")
        return design

    def configured(self, shipped: SeemConfig) -> SeemConfig:
        """Return the shipped configuration, changed; without what looks after a mask is made.

        A width sets the channels of the pixel decoder's pyramid and of the decoder's queries,
        heads and feed-forward layers with them. The channels at stride 4, of masks and of dense
        prompts stay.
        """
        decoder, pixels = shipped.decoder, shipped.pixel_decoder
        if self.layers:
            decoder = dataclasses.replace(decoder, layers=self.layers)
        if self.width:
            heads, share = self.width // HEAD_DIM, self.width / decoder.hidden_dim
            inner = int(decoder.ffn_dim * share), int(pixels.ffn_dim * share)
            decoder = dataclasses.replace(
                decoder, hidden_dim=self.width, heads=heads, ffn_dim=inner[0]
            )
            pixels = dataclasses.replace(
                pixels, conv_dim=self.width, heads=heads, ffn_dim=inner[1]
            )
        return dataclasses.replace(
            shipped,
            backbone=BackboneConfig("efficientnet_lite", {"variant": self.backbone}),
            pixel_decoder=pixels,
            decoder=decoder,
            recogniser=None,
            detector=None,
            refiner=None,
        )

    def inherits(self, name: str, trains: bool) -> bool:
        """Tell whether a weight starts as shipped; the rest of a design starts anew."""
        if self.width:
            return name.startswith(TEXT)
        return not (trains and name.startswith(READERS))


def start_backbone(backbone: EfficientNetLite, design: Design) -> None:
    """Load the package's weights, and freeze what the design does not train."""
    backbone.load_imagenet(imagenet_weights(design.backbone))
    names = [n for n, _ in backbone.named_parameters()]
    third = next(i for i, n in enumerate(names) if n.startswith(LAST_THIRD[design.backbone]))
    first = {"frozen": len(names), "fully": 0, "": third}[design.trained]
    for index, parameter in enumerate(backbone.parameters()):
        parameter.requires_grad_(index >= first)


class Candidate:
    """A design in training: its model, optimiser and averaged weights.

    Args:
        design: what it is.
        shipped: the model whose configuration it changes and whose weights it starts from.
        trains: whether it will be trained; otherwise it keeps the shipped backbone.
        seed: of new weights, and of the prompts of later rounds.

    Raises:
        ValueError: a width is asked for and nothing trains.

    """

    def __init__(self, design: Design, shipped: Seem, trains: bool = True, seed: int = 0) -> None:
        if design.width and not trains:
            raise ValueError(f"{design.text} starts from nothing: it must be trained")
        self.design, self.seed = design, seed
        self.losses: list[float] = []
        torch.manual_seed(seed)
        self.model = Seem(design.configured(shipped.config))
        own = self.model.state_dict()
        kept = {k: v for k, v in shipped.state_dict().items() if design.inherits(k, trains)}
        self.model.load_state_dict({k: v for k, v in kept.items() if k in own}, strict=False)
        self.model.language.tokenizer = shipped.language.tokenizer
        if trains:
            start_backbone(cast(EfficientNetLite, self.model.backbone), design)
        self.model.language.requires_grad_(False)
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        self.trained = [p for _, p in named]
        rates = [BACKBONE_RATE if n.startswith("backbone.") else RATE for n, _ in named]
        groups = [{"params": [p], "rate": r} for p, r in zip(self.trained, rates, strict=True)]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=1e-2)
        self.average = [p.detach().clone() for p in self.trained]
        self.trainer = Trainer(self.model.train(), TextSource(self.model.language, ()))

    def step(self, batch: Batch, number: int) -> None:
        """Train on a batch: the mask loss of clicks, boxes, scribbles, masks and references."""
        features = self.model.encode_image(self.trainer.normalised(batch))
        rng = np.random.default_rng((self.seed, 1, number))
        loss = spatial_losses(self.model, self.trainer.texts, features, batch, rng)["mask"]
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * min(1.0, (number + 1) / WARM_UP)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.losses.append(float(loss.detach()))
        decay = min(AVERAGED, number / (number + 5))
        for mean, parameter in zip(self.average, self.trained, strict=True):
            mean.lerp_(parameter.detach(), 1 - decay)

    def finished(self) -> Segmenter:
        """Return a Segmenter with the averaged weights."""
        for mean, parameter in zip(self.average, self.trained, strict=True):
            parameter.data.copy_(mean)
        return Segmenter(self.model.requires_grad_(False))
