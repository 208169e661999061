"""Multi-head attention, transformer layers and small MLPs with the official parameter names."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Multi-head attention with the packed parameters of ``nn.MultiheadAttention``.

    Keys and values can be projected once and used for many queries (:meth:`keys_values`).
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * dim, dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * dim))
        self.out_proj = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def _project(self, x: Tensor, part: int) -> Tensor:
        dim = self.out_proj.in_features
        rows = slice(part * dim, (part + 1) * dim)
        y = F.linear(x, self.in_proj_weight[rows], self.in_proj_bias[rows])
        return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def keys_values(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Project (B, S, C) keys and values to (B, heads, S, C / heads) each."""
        return self._project(key, 1), self._project(value, 2)

    def forward(self, query: Tensor, kv: tuple[Tensor, Tensor], mask: Tensor | None) -> Tensor:
        """Attend.

        Args:
            query: (B, L, C).
            kv: what :meth:`keys_values` returned, batch B.
            mask: bool, True where a row may attend, broadcastable to (B, heads, L, S).
                A row that may attend nothing gets attention 0.

        Returns:
            (B, L, C).
        """
        q = self._project(query, 0)
        empty = None
        if mask is not None:
            empty = ~mask.any(-1, keepdim=True)
            mask = mask | empty
        y = F.scaled_dot_product_attention(q, *kv, attn_mask=mask)
        if empty is not None:
            y = y.masked_fill(empty, 0.0)
        return self.out_proj(y.transpose(1, 2).flatten(2))


class SelfAttentionLayer(nn.Module):
    """Post-norm self-attention: x = norm(x + attention(x + pos))."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.self_attn = Attention(dim, heads)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, pos: Tensor, mask: Tensor, count: int) -> Tensor:
        """Return the first rows (B, count, C) after attending to all.

        Args:
            x, pos: (B, L, C).
            mask: bool (B, 1, L, L), True = may attend.
            count: rows that are wanted.
        """
        qk = x + pos
        kv = self.self_attn.keys_values(qk, x)
        return self.norm(x[:, :count] + self.self_attn(qk[:, :count], kv, mask[:, :, :count]))


class CrossAttentionLayer(nn.Module):
    """Post-norm cross-attention from query rows to image features."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.multihead_attn = Attention(dim, heads)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, pos: Tensor, kv: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """Attend to features shared by several sequences.

        Args:
            x, pos: (B, Q, C) with B = images * n; sequences of one image are adjacent.
            kv: projected image features, batch = images.
            mask: bool (B, Q, S), True = may attend.
        """
        images, rows = kv[0].shape[0], x.shape[0] * x.shape[1]
        query = (x + pos).reshape(images, rows // images, -1)
        y = self.multihead_attn(query, kv, mask.reshape(images, 1, rows // images, -1))
        return self.norm(x + y.reshape(x.shape))


class FeedForwardLayer(nn.Module):
    """Post-norm feed-forward: x = norm(x + linear2(relu(linear1(x))))."""

    def __init__(self, dim: int, ffn_dim: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(dim, ffn_dim)
        self.linear2 = nn.Linear(ffn_dim, dim)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C)."""
        return self.norm(x + self.linear2(F.relu(self.linear1(x))))


class EncoderLayer(nn.Module):
    """Post-norm transformer encoder layer (DETR) with positions added to queries and keys."""

    def __init__(self, dim: int, heads: int, ffn_dim: int) -> None:
        super().__init__()
        self.self_attn = Attention(dim, heads)
        self.linear1 = nn.Linear(dim, ffn_dim)
        self.linear2 = nn.Linear(ffn_dim, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)

    def forward(self, x: Tensor, pos: Tensor) -> Tensor:
        """x (B, S, C), pos (S, C)."""
        qk = x + pos
        x = self.norm1(x + self.self_attn(qk, self.self_attn.keys_values(qk, x), None))
        return self.norm2(x + self.linear2(F.relu(self.linear1(x))))


class MLP(nn.Module):
    """Linear layers with ReLU between them, as ``layers.N``."""

    def __init__(self, dim: int, hidden: int, out: int, count: int = 3) -> None:
        super().__init__()
        sizes = [dim] + [hidden] * (count - 1) + [out]
        self.layers = nn.ModuleList(
            nn.Linear(i, o) for i, o in zip(sizes, sizes[1:], strict=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """x (..., dim) -> (..., out)."""
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)
