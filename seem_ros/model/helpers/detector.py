"""A small detector of everyday things, for words: where in a picture a person, a cup, a dog is.

CenterNet (Zhou et al., "Objects as Points", 2019) on MobileNetV3 with a feature pyramid: every
class has a heat map of stride 4 whose peaks are centres of things, and each place tells how far
its thing reaches to the four sides. Not in SEEM's paper; a configuration without ``detector``
has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.efficientnet_lite import SameConv2d
from seem_ros.model.backbones.mobilenet_v3 import OUT_CHANNELS, MobileNetV3, SqueezeExcite
from seem_ros.model.config import DetectorConfig
from seem_ros.model.transfers import fetch

STRIDE = 4
MULTIPLE = 32
_REACH = 16.0  # pixels that the head's unit stands for
_SAME_WORD = 0.85  # cosine of meanings from which a class's name is what a text means
_LEAST_SCORE = 0.1
_TOP = 100


@dataclass(frozen=True, eq=False)
class Detections:
    """Things in a picture, surest first; all on the CPU.

    Attributes:
        boxes: (N, 4) float, x0, y0, x1, y1 in pixels of the picture.
        scores: (N,) float, 0..1.
        classes: (N,) int64.
    """

    boxes: Tensor
    scores: Tensor
    classes: Tensor


class SeparableConv2d(nn.Module):
    """A depthwise convolution, then a mix of channels."""

    def __init__(self, in_dim: int, out_dim: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = SameConv2d(in_dim, in_dim, kernel, groups=in_dim, bias=False)
        self.pointwise = nn.Conv2d(in_dim, out_dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H, W)."""
        return self.pointwise(self.depthwise(x))


class Climb(nn.Module):
    """One level of the pyramid: a coarse map, doubled, beside the finer map of the backbone."""

    def __init__(self, coarse_dim: int, fine_dim: int, narrow: int, out_dim: int) -> None:
        super().__init__()
        self.small = SeparableConv2d(coarse_dim, out_dim, 3)
        self.large = SeparableConv2d(coarse_dim, out_dim, 5)
        self.narrow = nn.Conv2d(fine_dim, narrow, 1)
        self.lateral = SeparableConv2d(narrow, out_dim, 5)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """(B, coarse, h, w) and (B, fine, 2h, 2w) -> (B, 2 * out, 2h, 2w)."""
        raised = doubled(self.small(coarse) + self.large(coarse))
        lateral = self.lateral(F.relu(self.narrow(fine)))
        return F.relu(torch.cat((lateral, raised), 1))


class Detector(nn.Module):
    """The network, and what its classes are called.

    Attributes:
        class_meanings: (N, W) unit sentence embeddings of the names of classes.
        class_of_name: (N,) int64; several names may mean one class.
    """

    class_meanings: Tensor
    class_of_name: Tensor

    def __init__(self, config: DetectorConfig, meaning_width: int) -> None:
        super().__init__()
        self.config = config
        self.backbone = MobileNetV3()
        fine, middle, coarse, last = OUT_CHANNELS
        self.climbs = nn.ModuleList(
            [Climb(last, coarse, 22, 128), Climb(256, middle, 24, 96), Climb(192, fine, 18, 64)]
        )
        self.gate = SqueezeExcite(128, 32, torch.sigmoid)
        self.heat = SeparableConv2d(128, config.classes, 3)
        self.reach = SeparableConv2d(128, 4, 3)
        self.register_buffer("class_meanings", torch.zeros(config.names, meaning_width))
        self.register_buffer("class_of_name", torch.zeros(config.names, dtype=torch.long))
        self.requires_grad_(False)

    def class_of(self, meaning: Tensor) -> int | None:
        """Class that a text means; None where there is none.

        Args:
            meaning: (W,) sentence embedding of the text, on the CPU.
        """
        name = self._nearest(meaning)
        return None if name is None else int(self.known_names[1][name])

    def is_own_name(self, meaning: Tensor) -> bool:
        """Whether a text is what a class is called, and not another word for it or a kind of it.

        Args:
            meaning: (W,) sentence embedding of the text, on the CPU.
        """
        name = self._nearest(meaning)
        return name is not None and name < self.config.classes

    def _nearest(self, meaning: Tensor) -> int | None:
        """Number of the name that means a text; classes' own names come first, in their order."""
        alike = self.known_names[0] @ F.normalize(meaning, dim=0)
        best = int(alike.argmax())
        return best if float(alike[best]) > _SAME_WORD else None

    @cached_property
    def known_names(self) -> tuple[Tensor, Tensor]:
        """``class_meanings`` in single precision and ``class_of_name``, on the CPU."""
        meanings, classes = fetch(self.class_meanings, self.class_of_name)
        return meanings.float(), classes

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width at which a picture is read: its own, within limits."""
        longer = max(height, width)
        size = min(max(longer, self.config.picture_size), self.config.largest_size)
        scale = size / longer
        rows, columns = (max(1, round(side * scale / MULTIPLE)) for side in (height, width))
        return rows * MULTIPLE, columns * MULTIPLE

    def heads(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Run the network.

        Args:
            images: (B, 3, H, W) RGB 0..255, sides multiples of 32.

        Returns:
            Scores (B, classes, H/4, W/4) 0..1, and reach (B, 4, H/4, W/4) in pixels of the
            input to the left, up, right and down.
        """
        fine, middle, coarse, x = self.backbone(images)
        for climb, lateral in zip(self.climbs, (coarse, middle, fine), strict=True):
            x = climb(x, lateral)
        x = self.gate(x)
        return self.heat(x).sigmoid(), self.reach(x) * _REACH

    def forward(self, rgb: Tensor) -> Detections:
        """Find things in a picture (H, W, 3) uint8, at most 100 of a score of 0.1 and more."""
        height, width = rgb.shape[:2]
        size = self.input_size(height, width)
        weight = self.reach.pointwise.weight
        x = rgb.to(weight.device).permute(2, 0, 1)[None].to(weight.dtype)
        x = F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
        x = x.contiguous(memory_format=torch.channels_last)
        heat, reach = fetch(*(output[0].float() for output in self.heads(x)))
        scores, classes, rows, columns = _peaks(heat)
        left, up, right, down = reach[:, rows, columns]
        x0, y0 = columns * STRIDE - left, rows * STRIDE - up
        x1, y1 = columns * STRIDE + right, rows * STRIDE + down
        to_picture = torch.tensor([width / size[1], height / size[0]] * 2)
        limits = torch.tensor([width, height] * 2)
        boxes = torch.stack((x0, y0, x1, y1), 1) * to_picture
        return Detections(boxes.clamp(min=0).minimum(limits), scores, classes)


def _peaks(heat: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores, classes, rows and columns of places of (K, h, w) that no neighbour exceeds."""
    classes, rows, columns = (heat >= _LEAST_SCORE).nonzero(as_tuple=True)
    scores = heat[classes, rows, columns]
    padded = F.pad(heat, (1, 1, 1, 1))
    around = [padded[classes, rows + y, columns + x] for y in range(3) for x in range(3)]
    highest = (torch.stack(around).amax(0) <= scores).nonzero().flatten()
    order = highest[scores[highest].argsort(descending=True)[:_TOP]]
    return scores[order], classes[order], rows[order], columns[order]


def doubled(x: Tensor) -> Tensor:
    """Twice the height and width, old values at even places, means between them."""
    height, width = x.shape[-2:]
    size = (2 * height - 1, 2 * width - 1)
    between = F.interpolate(x, size, mode="bilinear", align_corners=True)
    return F.pad(between, (0, 1, 0, 1), mode="replicate")
