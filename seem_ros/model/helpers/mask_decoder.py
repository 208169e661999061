"""SAM's prompt encoder and mask decoder (Kirillov et al. 2023, "Segment Anything").

A few tokens (what is asked, and what is to be answered) and the cells of an encoded picture look
at each other twice; then each answer's token becomes the weights by which its mask is read from
the cells, at four times their resolution.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.attention import MLP
from seem_ros.model.backbones.tiny_vit import ChannelNorm

DIM = 256
ANSWERS = 4  # the single one, and three readings: a part, a thing, a group
NEGATIVE, POSITIVE, CORNER, FAR_CORNER, PADDING = range(5)
"""Kinds of places: clicks, the corners of a box, and one place more where there is no box."""
UPSAMPLED = 4  # cells of a mask along one of the picture's
_FEED_FORWARD = 2048


class PromptEncoder(nn.Module):
    """Places, and the mask of an earlier answer, as the decoder reads them."""

    waves: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("waves", torch.zeros(2, DIM // 2))
        self.kinds = nn.Parameter(torch.zeros(PADDING + 1, DIM))
        self.no_mask = nn.Parameter(torch.zeros(DIM))
        self.mask = nn.Sequential(
            nn.Conv2d(1, 4, 2, 2),
            ChannelNorm(4),
            nn.GELU(),
            nn.Conv2d(4, 16, 2, 2),
            ChannelNorm(16),
            nn.GELU(),
            nn.Conv2d(16, DIM, 1),
        )

    def positions(self, places: Tensor) -> Tensor:
        """(..., 2) x y in 0..1 of the square -> (..., 256), random Fourier features."""
        angle = 2 * math.pi * ((2 * places - 1) @ self.waves)
        return torch.cat((angle.sin(), angle.cos()), -1)

    def tokens(self, places: Tensor, kinds: Tensor) -> Tensor:
        """(B, N, 2) places in 0..1 and their kinds (B, N) -> (B, N, 256)."""
        known = (kinds != PADDING)[..., None]
        return self.positions(places) * known + self.kinds[kinds]

    def grid(self, rows: int, columns: int, side: float) -> Tensor:
        """Positions of the cells of a picture in a square of ``side`` cells, (1, cells, 256)."""
        down, across = (
            (torch.arange(count, device=self.waves.device) + 0.5) / side
            for count in (rows, columns)
        )
        places = torch.stack(
            (across.expand(rows, columns), down[:, None].expand(rows, columns)), -1
        )
        return self.positions(places).flatten(0, 1)[None]

    def dense(self, mask: Tensor | None) -> Tensor:
        """(B, 1, 4h, 4w) logits, or None -> (B, 256, h, w), or (256, 1, 1), to be added."""
        return self.no_mask[:, None, None] if mask is None else self.mask(mask)


class _Attention(nn.Module):
    """Multi-head attention that may work in fewer channels than it reads."""

    def __init__(self, inner: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(DIM, inner) for _ in range(3))
        self.out = nn.Linear(inner, DIM)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(B, L, C), (B, S, C), (B, S, C) -> (B, L, C)."""
        rows = ((self.query, query), (self.key, key), (self.value, value))
        split = (f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f, x in rows)
        return self.out(F.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2))


class _TwoWayLayer(nn.Module):
    """Tokens look at each other and at the picture, then the picture at the tokens."""

    def __init__(self, is_first: bool) -> None:
        super().__init__()
        self.is_first = is_first
        self.among_tokens = _Attention(DIM)
        self.to_picture = _Attention(DIM // 2)
        self.to_tokens = _Attention(DIM // 2)
        self.mlp = MLP(DIM, _FEED_FORWARD, DIM, count=2)
        self.norms = nn.ModuleList([nn.LayerNorm(DIM) for _ in range(4)])

    def forward(
        self, tokens: Tensor, cells: Tensor, asked: Tensor, grid: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return tokens (B, L, C) and cells (B, S, C); asked and grid are their positions."""
        if self.is_first:
            tokens = self.among_tokens(tokens, tokens, tokens)
        else:
            at = tokens + asked
            tokens = tokens + self.among_tokens(at, at, tokens)
        tokens = self.norms[0](tokens)
        tokens = self.norms[1](tokens + self.to_picture(tokens + asked, cells + grid, cells))
        tokens = self.norms[2](tokens + self.mlp(tokens))
        cells = self.norms[3](cells + self.to_tokens(cells + grid, tokens + asked, tokens))
        return tokens, cells


class MaskDecoder(nn.Module):
    """Masks and their expected IoU from an encoded picture and a prompt."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs = nn.Parameter(torch.zeros(1 + ANSWERS, DIM))  # score, then the masks
        self.layers = nn.ModuleList([_TwoWayLayer(True), _TwoWayLayer(False)])
        self.last, self.last_norm = _Attention(DIM // 2), nn.LayerNorm(DIM)
        self.up_first = nn.ConvTranspose2d(DIM, DIM // 4, 2, 2)
        self.up_norm = ChannelNorm(DIM // 4)
        self.up_second = nn.ConvTranspose2d(DIM // 4, DIM // 8, 2, 2)
        self.masks = nn.ModuleList([MLP(DIM, DIM, DIM // 8) for _ in range(ANSWERS)])
        self.score = MLP(DIM, DIM, ANSWERS)

    def forward(self, features: Tensor, grid: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        """Answer one prompt or several.

        Args:
            features: (B, 256, h, w) of the picture, with the dense prompt.
            grid: (1, h * w, 256) positions of its cells.
            asked: (B, N, 256) tokens of places.

        Returns:
            (B, 4, 4h, 4w) mask logits and (B, 4) expected IoU: the single answer, three readings.
        """
        count, size = len(asked), features.shape[-2:]
        asked = torch.cat((self.outputs.expand(count, -1, -1), asked), 1)
        tokens, cells = asked, features.flatten(2).transpose(1, 2)
        for layer in self.layers:
            tokens, cells = layer(tokens, cells, asked, grid)
        tokens = self.last_norm(tokens + self.last(tokens + asked, cells + grid, cells))
        maps = cells.transpose(1, 2).unflatten(-1, size)
        maps = F.gelu(self.up_norm(self.up_first(maps)))
        maps = F.gelu(self.up_second(maps))
        weights = torch.stack([f(tokens[:, 1 + i]) for i, f in enumerate(self.masks)], 1)
        return torch.einsum("bkc,bchw->bkhw", weights, maps), self.score(tokens[:, 0])
