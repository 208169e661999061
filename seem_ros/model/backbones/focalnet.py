"""FocalNet (Yang et al., "Focal Modulation Networks", NeurIPS 2022), as SEEM's checkpoints use it.

Two block layouts exist among the published checkpoints. "depthwise" (Focal-T) normalises after
each residual sum and mixes neighbours with a 3x3 depthwise convolution before each branch;
"branch_norm" (Focal-L) normalises inside the branch and has no extra convolutions.
Parameter names are the official ones below ``backbone.``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.backbone import Backbone


@dataclass(frozen=True)
class FocalNetConfig:
    """Size of a FocalNet: channels of the first stage, blocks a stage, context levels."""

    embed_dim: int = 96
    depths: tuple[int, ...] = (2, 2, 6, 2)
    focal_levels: int = 3
    block: str = "depthwise"
    stem_padding: int = 3

    def __post_init__(self) -> None:
        if self.block not in ("depthwise", "branch_norm"):
            raise ValueError(f"block is {self.block!r}; it must be 'depthwise' or 'branch_norm'")


class PatchProjection(nn.Module):
    """A strided convolution followed by LayerNorm, on channels-last maps."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, kernel, stride, padding)
        self.norm = nn.LayerNorm(outputs)

    def forward(self, maps: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, H / stride, W / stride, outputs)."""
        return self.norm(self.proj(maps).permute(0, 2, 3, 1))


class FocalModulation(nn.Module):
    """Gather context at growing ranges, gate it by position, and modulate each position with it.

    Equations 4 to 7 of the paper, with the modulator divided by the number of contexts.
    """

    def __init__(self, channels: int, levels: int) -> None:
        super().__init__()
        self.levels = levels
        self.f = nn.Linear(channels, 2 * channels + levels + 1)
        self.h = nn.Conv2d(channels, channels, 1)
        self.proj = nn.Linear(channels, channels)
        self.focal_layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(
                    channels,
                    channels,
                    kernel_size=3 + 2 * level,
                    padding=1 + level,
                    groups=channels,
                    bias=False,
                ),
                nn.GELU(),
            )
            for level in range(levels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        channels = x.shape[-1]
        projected = self.f(x).permute(0, 3, 1, 2).contiguous()
        query, context, gates = projected.split((channels, channels, self.levels + 1), dim=1)
        modulator = 0
        for level, layer in enumerate(self.focal_layers):
            context = layer(context)
            modulator = modulator + context * gates[:, level : level + 1]
        whole_image = F.gelu(context.mean(2, keepdim=True).mean(3, keepdim=True))
        modulator = (modulator + whole_image * gates[:, self.levels :]) / (self.levels + 1)
        return self.proj((query * self.h(modulator)).permute(0, 2, 3, 1))


class Mlp(nn.Module):
    """Two linear layers with GELU between."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return self.fc2(F.gelu(self.fc1(x)))


class BranchNormBlock(nn.Module):
    """A FocalNet block that normalises inside its branches (Focal-L)."""

    def __init__(self, channels: int, levels: int) -> None:
        super().__init__()
        self.modulation = FocalModulation(channels, levels)
        self.norm1 = nn.LayerNorm(channels)
        self.mlp = Mlp(channels)
        self.norm2 = nn.LayerNorm(channels)
        self.gamma_1 = nn.Parameter(torch.ones(channels))
        self.gamma_2 = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        x = x + self.gamma_1 * self.norm1(self.modulation(x))
        return x + self.gamma_2 * self.norm2(self.mlp(x))


class DepthwiseBlock(BranchNormBlock):
    """A FocalNet block with depthwise convolutions that normalises its sums (Focal-T)."""

    def __init__(self, channels: int, levels: int) -> None:
        super().__init__(channels, levels)
        self.dw1 = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.dw2 = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        x = x + _on_maps(self.dw1, x)
        x = self.norm1(x + self.gamma_1 * self.modulation(x))
        x = x + _on_maps(self.dw2, x)
        return self.norm2(x + self.gamma_2 * self.mlp(x))


def _on_maps(layer: nn.Module, x: Tensor) -> Tensor:
    return layer(x.permute(0, 3, 1, 2).contiguous()).permute(0, 2, 3, 1)


class FocalStage(nn.Module):
    """The blocks of one resolution and the step down to the next."""

    def __init__(self, config: FocalNetConfig, channels: int, depth: int, last: bool) -> None:
        super().__init__()
        block = DepthwiseBlock if config.block == "depthwise" else BranchNormBlock
        self.blocks = nn.ModuleList(block(channels, config.focal_levels) for _ in range(depth))
        self.downsample = None if last else PatchProjection(channels, 2 * channels, 3, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return this stage's map and the input of the next, both (B, H, W, C)."""
        for block in self.blocks:
            x = block(x)
        if self.downsample is None:
            return x, x
        return x, self.downsample(x.permute(0, 3, 1, 2).contiguous())


class FocalNet(Backbone):
    """Images to feature maps at strides 4, 8, 16 and 32.

    ``size_multiple``: height and width of the input must be multiples of it.
    """

    strides = (4, 8, 16, 32)
    size_multiple = 32

    def __init__(self, config: FocalNetConfig) -> None:
        super().__init__()
        self.out_channels = [config.embed_dim * 2**i for i in range(len(config.depths))]
        self.patch_embed = PatchProjection(3, config.embed_dim, 7, 4, config.stem_padding)
        last = len(config.depths) - 1
        self.layers = nn.ModuleList(
            FocalStage(config, channels, depth, last=i == last)
            for i, (channels, depth) in enumerate(
                zip(self.out_channels, config.depths, strict=True)
            )
        )
        for i, channels in enumerate(self.out_channels):
            self.add_module(f"norm{i}", nn.LayerNorm(channels))

    def forward(self, images: Tensor) -> list[Tensor]:
        """(B, 3, H, W) float, normalised -> four (B, C_i, H / stride_i, W / stride_i) maps."""
        x = self.patch_embed(images)
        maps = []
        for i, stage in enumerate(self.layers):
            out, x = stage(x)
            maps.append(self.get_submodule(f"norm{i}")(out).permute(0, 3, 1, 2).contiguous())
        return maps
