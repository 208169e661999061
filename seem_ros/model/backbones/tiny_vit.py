"""TinyViT's 5 million weight image encoder with SAM's neck, as MobileSAM distilled it.

Sources: Wu et al. 2022 "TinyViT", Zhang et al. 2023 "Faster Segment Anything". Batch norms are
folded into the convolutions before them. Any size whose sides are multiples of 16 can be read.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.sam_vit import from_windows, to_windows

STRIDE = 16
OUT_CHANNELS = 256
_GROWTH = 4  # of hidden layers


class ChannelNorm(nn.Module):
    """Layer norm over the channels of (B, C, H, W)."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        x = x - x.mean(1, keepdim=True)
        x = x * (x.square().mean(1, keepdim=True) + self.eps).rsqrt()
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class _Bottleneck(nn.Module):
    """MobileNetV2's inverted bottleneck with a skip and GELU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _GROWTH * channels
        self.expand = nn.Conv2d(channels, wide, 1)
        self.depthwise = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        self.project = nn.Conv2d(wide, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        inner = F.gelu(self.depthwise(F.gelu(self.expand(x))))
        return F.gelu(x + self.project(inner))


class _Merge(nn.Module):
    """The step from one stage to the next."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(inputs, outputs, 1)
        self.depthwise = nn.Conv2d(outputs, outputs, 3, stride, padding=1, groups=outputs)
        self.project = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        return self.project(F.gelu(self.depthwise(F.gelu(self.expand(x)))))


class _WindowAttention(nn.Module):
    """Pre-norm multi-head attention in windows, with a bias for each distance."""

    offset_index: Tensor

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.offset_bias = nn.Parameter(torch.zeros(heads, window * window))
        index = _offset_index(window)
        self.register_buffer("offset_index", index, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> the same shape; the padding of windows takes part, as in training."""
        batch, height, width, channels = x.shape
        windows = to_windows(x, self.window).flatten(1, 2)
        qkv = self.qkv(self.norm(windows)).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        bias = self.offset_bias[:, self.offset_index]
        query, key, value = qkv.chunk(3, -1)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=bias[None])
        attended = self.proj(attended.transpose(1, 2).flatten(2))
        shape = (-1, self.window, self.window, channels)
        return from_windows(attended.view(shape), batch, height, width)


def _offset_index(window: int) -> Tensor:
    """(S, S) for S = window^2 places: the number of the distance, down and across."""
    steps = torch.arange(window)
    rows, columns = (x.flatten() for x in torch.meshgrid(steps, steps, indexing="ij"))
    down = (rows[:, None] - rows).abs()
    across = (columns[:, None] - columns).abs()
    return down * window + across


class _Mlp(nn.Module):
    """Pre-norm: two linear layers with GELU between."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.first = nn.Linear(channels, _GROWTH * channels)
        self.second = nn.Linear(_GROWTH * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return self.second(F.gelu(self.first(self.norm(x))))


class _Block(nn.Module):
    """Attention in windows, a depthwise convolution across them, and an MLP."""

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.attention = _WindowAttention(channels, heads, window)
        self.local = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.mlp = _Mlp(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        x = x.permute(0, 2, 3, 1)
        x = x + self.attention(x)
        x = self.local(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return (x + self.mlp(x)).permute(0, 3, 1, 2)


class TinyVit(nn.Module):
    """The encoder; ``stages`` are those of the paper, the last one keeps the stride."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.ModuleList(
            [nn.Conv2d(3, 32, 3, 2, padding=1), nn.Conv2d(32, 64, 3, 2, padding=1)]
        )
        self.stages = nn.ModuleList(
            [
                nn.Sequential(_Bottleneck(64), _Bottleneck(64)),
                _stage(64, 128, stride=2, blocks=2, heads=4, window=7),
                _stage(128, 160, stride=2, blocks=6, heads=5, window=14),
                _stage(160, 320, stride=1, blocks=2, heads=10, window=7),
            ]
        )
        self.neck = nn.Sequential(
            nn.Conv2d(320, OUT_CHANNELS, 1, bias=False),
            ChannelNorm(OUT_CHANNELS),
            nn.Conv2d(OUT_CHANNELS, OUT_CHANNELS, 3, padding=1, bias=False),
            ChannelNorm(OUT_CHANNELS),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # a fifth faster on a CPU
                weight = module.weight.data.contiguous(memory_format=torch.channels_last)
                module.weight.data = weight

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) normalised, sides multiples of 16 -> (B, 256, H / 16, W / 16)."""
        x = self.stem[1](F.gelu(self.stem[0](images)))
        for stage in self.stages:
            x = stage(x)
        return self.neck(x)


def _stage(
    inputs: int, outputs: int, stride: int, blocks: int, heads: int, window: int
) -> nn.Sequential:
    return nn.Sequential(
        _Merge(inputs, outputs, stride), *(_Block(outputs, heads, window) for _ in range(blocks))
    )
