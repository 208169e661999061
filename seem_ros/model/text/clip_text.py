"""CLIP's text transformer (Radford et al. 2021) as SEEM's checkpoints hold it.

Parameter names are the official ones below ``lang_encoder.lang_encoder.``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seem_ros.model.attention import Attention
from seem_ros.model.config import TextConfig


class QuickGeluMlp(nn.Module):
    """Two linear layers with x * sigmoid(1.702 x) between."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, hidden)
        self.c_proj = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        x = self.c_fc(x)
        return self.c_proj(x * torch.sigmoid(1.702 * x))


class ClipBlock(nn.Module):
    """A pre-norm transformer block with causal attention."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.width, eps=1e-12)
        self.attn = Attention(config.width, config.heads)
        self.ln_2 = nn.LayerNorm(config.width, eps=1e-12)
        self.mlp = QuickGeluMlp(config.width, config.ffn_dim)

    def forward(self, x: Tensor, causal: Tensor) -> Tensor:
        """x (N, T, C); causal (T, T) bool, True where a row may attend."""
        normed = self.ln_1(x)
        x = x + self.attn(normed, self.attn.keys_values(normed, normed), causal)
        return x + self.mlp(self.ln_2(x))


class ClipText(nn.Module):
    """Token ids in, hidden states and the state of the end token out."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocabulary_size, config.width)
        self.positional_embedding = nn.Parameter(torch.zeros(config.context_length, config.width))
        self.resblocks = nn.ModuleList(ClipBlock(config) for _ in range(config.layers))
        self.ln_final = nn.LayerNorm(config.width, eps=1e-12)

    def forward(self, ids: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Encode token ids (N, T) with their validity (N, T).

        Returns:
            Hidden states (N, T, C), and those of each text's end token (N, C).
        """
        length = ids.shape[1]
        x = self.token_embedding(ids) + self.positional_embedding[:length]
        causal = torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()
        for block in self.resblocks:
            x = block(x, causal)
        x = self.ln_final(x)
        ends = valid.sum(1) - 1
        return x, x[torch.arange(len(x), device=x.device), ends]
