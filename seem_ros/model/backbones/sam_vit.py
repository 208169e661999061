"""SAM's image encoder with a simple feature pyramid, as SEEM's SAM checkpoints use it.

Sources: Dosovitskiy et al. 2021 (ViT), Li et al. 2022 "Exploring Plain Vision Transformer
Backbones for Object Detection" (windows, decomposed relative positions, simple pyramid),
Kirillov et al. 2023 "Segment Anything". Parameter names are the official ones below ``backbone.``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.backbone import Backbone

_FUSED_TOKENS = 1024


@dataclass(frozen=True)
class SamVitConfig:
    """Size of a SAM ViT: width, blocks, heads, which blocks attend globally, input size."""

    embed_dim: int = 768
    depth: int = 12
    num_heads: int = 12
    global_blocks: tuple[int, ...] = (2, 5, 8, 11)
    window: int = 14
    patch: int = 16
    image_size: int = 1024
    pyramid: tuple[int, ...] = (128, 256, 512, 1024)


class SamAttention(nn.Module):
    """Multi-head attention over a square grid with decomposed relative positions.

    ``grid`` is the side of the square it attends over: the window, or the whole map.
    """

    def __init__(self, channels: int, heads: int, grid: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * grid - 1, channels // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * grid - 1, channels // heads))

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C), H = W = grid."""
        batch, height, width, channels = x.shape
        qkv = self.qkv(x).view(batch, height * width, 3, self.heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        # The bias of all heads at once takes 0.8 GB on the full map: there, one head at a time.
        step = self.heads if height * width <= _FUSED_TOKENS else 1
        attended = [
            F.scaled_dot_product_attention(
                query[:, i : i + step],
                key[:, i : i + step],
                value[:, i : i + step],
                attn_mask=self._position_bias(query[:, i : i + step], height, width),
            )
            for i in range(0, self.heads, step)
        ]
        merged = torch.cat(attended, 1).transpose(1, 2).reshape(batch, height, width, channels)
        return self.proj(merged)

    def _position_bias(self, query: Tensor, height: int, width: int) -> Tensor:
        """Return what the offsets in y and in x add: (B, heads, H * W, H * W)."""
        batch, heads, tokens, size = query.shape
        grid = query.reshape(batch, heads, height, width, size)
        along_y = torch.einsum("bnhwc,hkc->bnhwk", grid, _by_offset(self.rel_pos_h, height))
        along_x = torch.einsum("bnhwc,wkc->bnhwk", grid, _by_offset(self.rel_pos_w, width))
        bias = along_y[..., :, None] + along_x[..., None, :]
        return bias.reshape(batch, heads, tokens, tokens)


def _by_offset(table: Tensor, size: int) -> Tensor:
    """Spread a (2 * size - 1, C) table of offsets to (size, size, C) of query, key positions."""
    positions = torch.arange(size, device=table.device)
    return table[positions[:, None] - positions[None, :] + size - 1]


class SamMlp(nn.Module):
    """Two linear layers with GELU between."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.lin1 = nn.Linear(channels, 4 * channels)
        self.lin2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return self.lin2(F.gelu(self.lin1(x)))


class SamBlock(nn.Module):
    """A pre-norm transformer block that attends in windows, or everywhere if ``window`` is 0."""

    def __init__(self, channels: int, heads: int, window: int, grid: int) -> None:
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.attn = SamAttention(channels, heads, window or grid)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = SamMlp(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, C)."""
        normed = self.norm1(x)
        if self.window:
            windows = to_windows(normed, self.window)
            x = x + from_windows(self.attn(windows), *x.shape[:3])
        else:
            x = x + self.attn(normed)
        return x + self.mlp(self.norm2(x))


def to_windows(x: Tensor, window: int) -> Tensor:
    """Cut (B, H, W, C) into (B * windows, window, window, C), zero-padded right and below."""
    batch, height, width, channels = x.shape
    x = F.pad(x, (0, 0, 0, -width % window, 0, -height % window))
    rows, columns = x.shape[1] // window, x.shape[2] // window
    x = x.view(batch, rows, window, columns, window, channels)
    return x.transpose(2, 3).reshape(-1, window, window, channels)


def from_windows(windows: Tensor, batch: int, height: int, width: int) -> Tensor:
    """Put the pieces of ``to_windows`` back together and drop the padding."""
    window, channels = windows.shape[1], windows.shape[-1]
    rows, columns = -(-height // window), -(-width // window)
    x = windows.view(batch, rows, columns, window, window, channels).transpose(2, 3)
    x = x.reshape(batch, rows * window, columns * window, channels)
    return x[:, :height, :width]


class PatchEmbedding(nn.Module):
    """Project image patches to tokens."""

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, channels, patch, patch)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, H / patch, W / patch, C)."""
        return self.proj(images).permute(0, 2, 3, 1)


class SimplePyramid(nn.Module):
    """Four maps, strides 4 to 32, each from the single stride-16 map of the ViT."""

    def __init__(self, channels: int, outputs: tuple[int, ...]) -> None:
        super().__init__()
        half = channels // 2
        self.down_4 = nn.Sequential(
            nn.ConvTranspose2d(channels, half, 2, 2),
            nn.GroupNorm(1, half),
            nn.GELU(),
            nn.ConvTranspose2d(half, half // 2, 2, 2),
            nn.GroupNorm(1, half // 2),
            *_narrowed(half // 2, outputs[0]),
        )
        self.down_8 = nn.Sequential(
            nn.ConvTranspose2d(channels, half, 2, 2),
            nn.GroupNorm(1, half),
            *_narrowed(half, outputs[1]),
        )
        self.down_16 = nn.Sequential(*_narrowed(channels, outputs[2]))
        self.down_32 = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 2, 2),
            nn.GroupNorm(1, 2 * channels),
            *_narrowed(2 * channels, outputs[3]),
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, C, H, W) -> maps of 4x, 2x, 1x and half the size."""
        return [self.down_4(x), self.down_8(x), self.down_16(x), self.down_32(x)]


def _narrowed(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 1), nn.GroupNorm(1, outputs), nn.GELU()


class SamVit(Backbone):
    """Square images of one fixed size to feature maps at strides 4, 8, 16 and 32.

    The absolute position embedding was trained for that size and is not resized.
    """

    strides = (4, 8, 16, 32)

    def __init__(self, config: SamVitConfig) -> None:
        super().__init__()
        grid = config.image_size // config.patch
        self.size_multiple = self.image_size = config.image_size
        self.out_channels = list(config.pyramid)
        self.patch_embed = PatchEmbedding(config.embed_dim, config.patch)
        self.pos_embed = nn.Parameter(torch.zeros(1, grid, grid, config.embed_dim))
        self.blocks = nn.ModuleList(
            SamBlock(
                config.embed_dim,
                config.num_heads,
                0 if i in config.global_blocks else config.window,
                grid,
            )
            for i in range(config.depth)
        )
        self.neck = SimplePyramid(config.embed_dim, config.pyramid)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(B, 3, S, S) float, normalised -> four (B, C_i, S / stride_i, S / stride_i) maps.

        Raises:
            ValueError: the images are not S x S (they must be padded to ``image_size``).
        """
        if images.shape[-2:] != (self.image_size, self.image_size):
            raise ValueError(
                f"images are {tuple(images.shape[-2:])}; this backbone takes "
                f"{self.image_size} x {self.image_size} only (pad right and below)"
            )
        x = self.patch_embed(images) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.neck(x.permute(0, 3, 1, 2))
