"""Pixel decoder: backbone maps -> three context levels and the mask features.

The transformer-encoder FPN of Mask2Former's baseline, as SEEM uses it with FocalNet: a small
transformer on the stride-32 map, then a top-down pyramid. ``nano`` narrows the stride-4 level.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.attention import EncoderLayer
from seem_ros.model.config import PixelDecoderConfig
from seem_ros.model.position_encoding import sine_grid


class ConvNorm(nn.Conv2d):
    """Convolution without bias and a group norm that lives under ``.norm``."""

    def __init__(self, in_dim: int, out_dim: int, kernel: int, groups: int) -> None:
        super().__init__(in_dim, out_dim, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.GroupNorm(groups, out_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H, W)."""
        return self.norm(super().forward(x))


class _Layers(nn.Module):
    """Holds them under the official name."""

    layers: nn.ModuleList


class Encoder(nn.Module):
    """Stack of encoder layers, addressed as ``encoder.layers.N``."""

    def __init__(self, config: PixelDecoderConfig) -> None:
        super().__init__()
        self.encoder = _Layers()
        self.encoder.layers = nn.ModuleList(
            EncoderLayer(config.conv_dim, config.heads, config.ffn_dim)
            for _ in range(config.encoder_layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same shape."""
        height, width = x.shape[-2:]
        pos = sine_grid(height, width, x.shape[1], x.device).to(x.dtype)
        tokens = x.flatten(2).transpose(1, 2)
        for layer in self.encoder.layers:
            tokens = layer(tokens, pos)
        return tokens.transpose(1, 2).unflatten(-1, (height, width))


class TransformerFPN(nn.Module):
    """Pixel decoder of the Focal checkpoints and of nano.

    Level k of the pyramid has a lateral 1x1 ``adapter_k`` and an output 3x3 ``layer_k``;
    k = 4 is stride 32, k = 1 stride 4.
    """

    def __init__(self, config: PixelDecoderConfig, in_channels: list[int]) -> None:
        super().__init__()
        dim, fine, groups = config.conv_dim, config.fine_dim, config.norm_groups
        self.input_proj = nn.Conv2d(in_channels[3], dim, 1)
        self.transformer = Encoder(config)
        self.layer_4 = ConvNorm(dim, dim, 3, groups)
        for level in (3, 2, 1):
            out = dim if level > 1 else fine
            self.add_module(f"adapter_{level}", ConvNorm(in_channels[level - 1], out, 1, groups))
            self.add_module(f"layer_{level}", ConvNorm(out, out, 3, groups))
        self.narrow = nn.Conv2d(dim, fine, 1) if fine != dim else nn.Identity()
        self.mask_features = nn.Conv2d(fine, config.mask_dim, 3, padding=1)

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decode res2..res5 (strides 4, 8, 16, 32).

        Returns:
            Mask features (B, mask_dim, H/4, W/4), and context levels of strides 32, 16, 8,
            each (B, conv_dim, h, w).
        """
        y = F.relu(self.layer_4(self.transformer(self.input_proj(maps[3]))))
        levels = [y]
        for level in (3, 2, 1):
            lateral = self.get_submodule(f"adapter_{level}")(maps[level - 1])
            y = self.narrow(y) if level == 1 else y
            y = lateral + F.interpolate(y, size=lateral.shape[-2:], mode="nearest")
            y = F.relu(self.get_submodule(f"layer_{level}")(y))
            levels.append(y)
        return self.mask_features(levels.pop()), levels
