"""MobileNetV3 image encoder (Howard et al., ICCV 2019), the size that the detector was made in.

Batch norm is folded into the convolutions: these weights are read, not trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.efficientnet_lite import SameConv2d


@dataclass(frozen=True)
class Layer:
    """An inverted bottleneck: channels inside and out, and of its squeeze, 0 for none."""

    kernel: int
    stride: int
    inside: int
    out: int
    squeeze: int = 0


STEM_CHANNELS = 16
LAYERS = (
    Layer(3, 1, 16, 16),
    Layer(3, 2, 64, 24),
    Layer(3, 1, 72, 24),
    Layer(5, 2, 72, 32, 24),
    Layer(5, 1, 96, 32, 24),
    Layer(5, 1, 96, 32, 24),
    Layer(3, 2, 192, 64),
    Layer(3, 1, 160, 64),
    Layer(3, 1, 144, 64),
    Layer(3, 1, 144, 64),
    Layer(3, 1, 384, 88, 96),
    Layer(3, 1, 528, 88, 136),
    Layer(5, 2, 528, 120, 136),
    Layer(5, 1, 720, 120, 184),
    Layer(5, 1, 720, 120, 184),
)
_SWISH_FROM = 6  # layers before it use ReLU
LAST_CHANNELS = 480
OUT_CHANNELS = (72, 96, 88, LAST_CHANNELS)
_INSIDE_OF = (3, 5)  # layers whose expanded input is the map of stride 4 and of stride 8
_AFTER = 11  # layer whose output is the map of stride 16


class SqueezeExcite(nn.Module):
    """Weighs channels by what the whole map holds (Hu et al., CVPR 2018)."""

    def __init__(self, dim: int, squeezed: int, gate: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(dim, squeezed, 1)
        self.expand = nn.Conv2d(squeezed, dim, 1)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        mean = x.mean((2, 3), keepdim=True)
        return x * self.gate(self.expand(F.relu(self.reduce(mean))))


class MobileBlock(nn.Module):
    """Expand, depthwise, squeeze and excite, project, with a skip where shapes allow."""

    def __init__(self, in_dim: int, layer: Layer, swish: bool) -> None:
        super().__init__()
        dim = layer.inside
        self.activation = F.hardswish if swish else F.relu
        self.skip = layer.stride == 1 and in_dim == layer.out
        self.expand = nn.Conv2d(in_dim, dim, 1) if dim != in_dim else None
        self.depthwise = SameConv2d(dim, dim, layer.kernel, layer.stride, groups=dim)
        self.squeeze = SqueezeExcite(dim, layer.squeeze, F.hardsigmoid) if layer.squeeze else None
        self.project = nn.Conv2d(dim, layer.out, 1)

    def expanded(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, inside, H, W)."""
        return x if self.expand is None else self.activation(self.expand(x))

    def projected(self, x: Tensor, expanded: Tensor) -> Tensor:
        """Finish what :meth:`expanded` began for ``x``: (B, out, H / stride, W / stride)."""
        y = self.activation(self.depthwise(expanded))
        if self.squeeze is not None:
            y = self.squeeze(y)
        y = self.project(y)
        return x + y if self.skip else y


class MobileNetV3(nn.Module):
    """Image encoder with maps of strides 4, 8, 16 and 32, ``OUT_CHANNELS`` wide."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv2d(3, STEM_CHANNELS, 3, 2)
        blocks, channels = [], STEM_CHANNELS
        for index, layer in enumerate(LAYERS):
            blocks.append(MobileBlock(channels, layer, index >= _SWISH_FROM))
            channels = layer.out
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Conv2d(channels, LAST_CHANNELS, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) RGB 0..255 -> four maps."""
        x = F.hardswish(self.stem(x))
        maps = []
        for index, block in enumerate(self.blocks):
            assert isinstance(block, MobileBlock)
            expanded = block.expanded(x)
            if index in _INSIDE_OF:
                maps.append(expanded)
            x = block.projected(x, expanded)
            if index == _AFTER:
                maps.append(x)
        return [*maps, F.hardswish(self.last(x))]
