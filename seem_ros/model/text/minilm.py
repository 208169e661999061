"""MiniLM-L6 sentence encoder (Wang et al. 2020): BERT of six layers, WordPiece tokens.

Parameter names are BERT's, so that the published ``all-MiniLM-L6-v2`` weights load as they are.
"""

from __future__ import annotations

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import TextConfig


class BertLayer(nn.Module):
    """Post-norm BERT layer."""

    def __init__(self, width: int, heads: int, ffn_dim: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.output = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.intermediate = nn.Linear(width, ffn_dim)
        self.ffn_output = nn.Linear(ffn_dim, width)
        self.ffn_norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (N, T, C); mask (N, 1, 1, T) bool, True = real token."""
        q, k, v = (
            f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.attention_norm(x + self.output(y.transpose(1, 2).flatten(2)))
        return self.ffn_norm(x + self.ffn_output(F.gelu(self.intermediate(x))))


class MiniLM(nn.Module):
    """Text in, hidden states of its tokens and their mean out."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        width = config.width
        self.word_embeddings = nn.Embedding(config.vocabulary_size, width)
        self.position_embeddings = nn.Embedding(config.context_length, width)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(
            BertLayer(width, config.heads, config.ffn_dim) for _ in range(config.layers)
        )

    def forward(self, ids: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Encode token ids (N, T) with their validity (N, T).

        Returns:
            Hidden states (N, T, C) and their mean over valid tokens (N, C).
        """
        x = self.word_embeddings(ids) + self.position_embeddings.weight[: ids.shape[1]]
        x = self.norm(x + self.token_type_embeddings.weight[0])
        for layer in self.layers:
            x = layer(x, valid[:, None, None])
        weight = valid[..., None].to(x.dtype)
        return x, (x * weight).sum(1) / weight.sum(1).clamp(min=1)


class WordPiece:
    """WordPiece tokenizer from a ``tokenizers`` JSON description."""

    def __init__(self, description: str, context_length: int) -> None:
        self.description = description
        self._tokenizer = Tokenizer.from_str(description)
        self._tokenizer.enable_truncation(context_length)
        self._tokenizer.enable_padding()

    def __call__(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Return ids (N, T) int64 and validity (N, T) bool."""
        encoded = self._tokenizer.encode_batch(texts)
        ids = torch.tensor([e.ids for e in encoded], dtype=torch.int64)
        valid = torch.tensor([e.attention_mask for e in encoded], dtype=torch.bool)
        return ids, valid


_BERT_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "intermediate",
    "output.dense": "ffn_output",
    "output.LayerNorm": "ffn_norm",
}


def from_bert_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename a BERT state dict to :class:`MiniLM`'s names, dropping the pooler."""
    out: dict[str, Tensor] = {}
    for key, value in state.items():
        if key.startswith("embeddings."):
            name = key.removeprefix("embeddings.").replace("LayerNorm", "norm")
            if not name.startswith("position_ids"):
                out[name] = value
        elif key.startswith("encoder.layer."):
            number, rest = key.removeprefix("encoder.layer.").split(".", 1)
            part, kind = rest.rsplit(".", 1)
            out[f"layers.{number}.{_BERT_NAMES[part]}.{kind}"] = value
    return out
