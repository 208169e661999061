"""Pixel decoder with multi-scale deformable attention, in plain PyTorch.

Sources: Zhu et al. 2021 "Deformable DETR" (the attention), Cheng et al. 2022 "Mask2Former"
(the decoder around it). SEEM's SAM checkpoints use it; parameter names are the official ones
below ``sem_seg_head.pixel_decoder.``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import PixelDecoderConfig
from seem_ros.model.pixel_decoder import ConvNorm
from seem_ros.model.position_encoding import sine_grid
from seem_ros.model.precision import widened

POINTS = 4  # sampled by each head in each level


class DeformableAttention(nn.Module):
    """Each position reads a few learned places of every level instead of all positions."""

    def __init__(self, channels: int, levels: int, heads: int, points: int) -> None:
        super().__init__()
        self.heads, self.levels, self.points = heads, levels, points
        self.sampling_offsets = nn.Linear(channels, heads * levels * points * 2)
        self.attention_weights = nn.Linear(channels, heads * levels * points)
        self.value_proj = nn.Linear(channels, channels)
        self.output_proj = nn.Linear(channels, channels)

    def forward(
        self, query: Tensor, references: Tensor, value: Tensor, sizes: list[tuple[int, int]]
    ) -> Tensor:
        """Attend from ``query`` to the levels in ``value``.

        Args:
            query: (B, Q, C).
            references: (Q, 2) x, y of each query in [0, 1].
            value: (B, sum of H * W, C), levels one after the other.
            sizes: (height, width) of each level.
        """
        batch, queries, channels = query.shape
        grid = (batch, queries, self.heads, self.levels, self.points)
        offsets = widened(self.sampling_offsets(query)).view(*grid, 2)
        weights = self.attention_weights(query).view(batch, queries, self.heads, -1)
        weights = weights.softmax(-1).view(grid)
        cells, shares, start = [], [], 0
        for level, (height, width) in enumerate(sizes):
            extent = torch.tensor((width, height), dtype=offsets.dtype, device=query.device)
            places = references[None, :, None, None] * extent + offsets[:, :, :, level] - 0.5
            index, share = _corners(places, height, width)
            cells.append(index + start)
            shares.append(share * weights[:, :, :, level, :, None])
            start += height * width
        attended = self._read(value, torch.stack(cells, 3), torch.stack(shares, 3))
        return self.output_proj(attended.view(batch, queries, channels))

    def _read(self, value: Tensor, cells: Tensor, shares: Tensor) -> Tensor:
        """Sum the shares of cells of ``value`` (B, S, C), both (B, Q, heads, ...): (B, Q, C).

        Reading whole rows of one table is several times faster on a CPU than sampling maps.
        """
        batch, positions, _ = value.shape
        rows = self.value_proj(value).view(batch, positions, self.heads, -1).transpose(1, 2)
        table = rows.reshape(batch * self.heads * positions, -1)
        heads = torch.arange(batch * self.heads, device=value.device).view(batch, 1, -1, 1)
        index = cells.flatten(3) + heads * positions
        summed = F.embedding_bag(
            index.flatten(0, 2),
            table,
            per_sample_weights=shares.flatten(3).flatten(0, 2).to(table.dtype),
            mode="sum",
        )
        return summed.view(batch, cells.shape[1], -1)


def _corners(places: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the four cells around places (..., 2), x y in cells, and their bilinear shares.

    Both (..., 4); cells outside the map have share 0.
    """
    low = places.floor()
    fraction = places - low
    index, share = [], []
    for right in (0, 1):
        for below in (0, 1):
            x, y = low[..., 0] + right, low[..., 1] + below
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            across = fraction[..., 0] if right else 1 - fraction[..., 0]
            down = fraction[..., 1] if below else 1 - fraction[..., 1]
            share.append(across * down * inside)
            index.append(y.clamp(0, height - 1).long() * width + x.clamp(0, width - 1).long())
    return torch.stack(index, -1), torch.stack(share, -1)


class DeformableLayer(nn.Module):
    """Deformable self-attention and a feed-forward part, normalised after each sum."""

    def __init__(self, config: PixelDecoderConfig, levels: int) -> None:
        super().__init__()
        channels = config.conv_dim
        self.self_attn = DeformableAttention(channels, levels, config.heads, POINTS)
        self.norm1 = nn.LayerNorm(channels)
        self.linear1 = nn.Linear(channels, config.ffn_dim)
        self.linear2 = nn.Linear(config.ffn_dim, channels)
        self.norm2 = nn.LayerNorm(channels)

    def forward(
        self, x: Tensor, positions: Tensor, references: Tensor, sizes: list[tuple[int, int]]
    ) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        x = self.norm1(x + self.self_attn(x + positions, references, x, sizes))
        return self.norm2(x + self.linear2(F.relu(self.linear1(x))))


class DeformableEncoder(nn.Module):
    """Layers of deformable attention over several levels at once."""

    def __init__(self, config: PixelDecoderConfig, levels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            DeformableLayer(config, levels) for _ in range(config.encoder_layers)
        )

    def forward(
        self, x: Tensor, positions: Tensor, references: Tensor, sizes: list[tuple[int, int]]
    ) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        for layer in self.layers:
            x = layer(x, positions, references, sizes)
        return x


class LevelTransformer(nn.Module):
    """Flatten the levels, let them attend to one another, and unflatten."""

    def __init__(self, config: PixelDecoderConfig, levels: int) -> None:
        super().__init__()
        self.level_embed = nn.Parameter(torch.zeros(levels, config.conv_dim))
        self.encoder = DeformableEncoder(config, levels)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Levels of (B, C, H, W) -> levels of the same shapes."""
        sizes = [(m.shape[2], m.shape[3]) for m in maps]
        flat = torch.cat([m.flatten(2).transpose(1, 2) for m in maps], 1)
        channels = flat.shape[-1]
        positions = [sine_grid(h, w, channels, flat.device).to(flat.dtype) for h, w in sizes]
        placed = torch.cat([p + self.level_embed[i] for i, p in enumerate(positions)])
        references = torch.cat([_cell_centres(h, w, flat) for h, w in sizes])
        encoded = self.encoder(flat, placed, references, sizes)
        levels = encoded.split([h * w for h, w in sizes], dim=1)
        return [
            e.transpose(1, 2).unflatten(2, size) for e, size in zip(levels, sizes, strict=True)
        ]


def _cell_centres(height: int, width: int, like: Tensor) -> Tensor:
    """Return (height * width, 2) x, y of the cell centres in [0, 1]."""
    y = (torch.arange(height, dtype=like.dtype, device=like.device) + 0.5) / height
    x = (torch.arange(width, dtype=like.dtype, device=like.device) + 0.5) / width
    grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack((grid_x, grid_y), -1).view(-1, 2)


class DeformablePixelDecoder(nn.Module):
    """Backbone maps to three context levels and mask features (SEEM's SAM checkpoints)."""

    def __init__(self, config: PixelDecoderConfig, in_channels: list[int]) -> None:
        super().__init__()
        dim, groups = config.conv_dim, config.norm_groups
        coarse_first = in_channels[:0:-1]
        self.input_proj = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, dim, 1), nn.GroupNorm(groups, dim))
            for channels in coarse_first
        )
        self.transformer = LevelTransformer(config, len(coarse_first))
        self.adapter_1 = ConvNorm(in_channels[0], dim, 1, groups)
        self.layer_1 = ConvNorm(dim, dim, 3, groups)
        self.mask_features = nn.Conv2d(dim, config.mask_dim, 1)

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decode res2..res5 (strides 4, 8, 16, 32).

        Returns:
            Mask features (B, mask_dim, H/4, W/4), and context levels of strides 32, 16, 8,
            each (B, conv_dim, h, w).
        """
        projected = [proj(m) for proj, m in zip(self.input_proj, reversed(maps[1:]), strict=True)]
        levels = self.transformer(projected)
        lateral = self.adapter_1(maps[0])
        finer = F.interpolate(
            levels[-1], size=lateral.shape[-2:], mode="bilinear", align_corners=False
        )
        return self.mask_features(F.relu(self.layer_1(lateral + finer))), levels
