"""The decoder's ``lang_encoder``: a text encoder and its projection into SEEM's joint space."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import TextConfig
from seem_ros.model.features import TextFeatures


class LanguageEncoder(nn.Module):
    """Encode texts to projected tokens and a sentence vector.

    Attributes:
        logit_scale: log temperature of class logits (CLIP).
        tokenizer: texts -> ids and validity; set when a checkpoint is loaded.
    """

    def __init__(self, config: TextConfig, dim: int, semantic_dim: int = 0) -> None:
        super().__init__()
        self.config = config
        self.lang_encoder = _build_transformer(config)
        self.lang_proj = nn.Parameter(torch.randn(config.width, dim) * config.width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))
        if semantic_dim:
            self.semantic_proj = nn.Linear(config.width, semantic_dim)
        self.tokenizer: Callable[[list[str]], tuple[Tensor, Tensor]] | None = None

    def hidden(self, texts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Encode without the projection: states (N, T, W), valid (N, T), sentence (N, W).

        Raises:
            RuntimeError: no tokenizer was loaded.
        """
        if self.tokenizer is None:
            raise RuntimeError("the text encoder has no tokenizer: load a checkpoint first")
        ids, valid = (x.to(self.lang_proj.device) for x in self.tokenizer(texts))
        states, sentence = self.lang_encoder(ids, valid)
        return states, valid, sentence

    def project(self, states: Tensor, valid: Tensor, sentence: Tensor) -> TextFeatures:
        """Project what :meth:`hidden` returned into the joint space."""
        return TextFeatures(states @ self.lang_proj, valid, sentence @ self.lang_proj, sentence)

    def encode(self, texts: list[str]) -> TextFeatures:
        """Encode texts: tokens (N, T, C), valid (N, T), sentence (N, C)."""
        return self.project(*self.hidden(texts))

    def similarity(self, embedding: Tensor, text: Tensor) -> Tensor:
        """Cosine of class embeddings (..., Q, C) with sentences (..., K, C): (..., Q, K)."""
        unit = [x / (x.norm(dim=-1, keepdim=True) + 1e-7) for x in (embedding, text)]
        return unit[0] @ unit[1].transpose(-1, -2)

    def class_logits(self, embedding: Tensor, vocabulary: Tensor) -> Tensor:
        """Class logits (..., Q, K) of embeddings against normalised vocabulary rows (K, C)."""
        unit = embedding / (embedding.norm(dim=-1, keepdim=True) + 1e-7)
        return self.logit_scale.exp() * unit @ vocabulary.t()

    def semantic_rows(self, meaning: Tensor) -> Tensor:
        """Unit rows (N, E) of texts for a semantic map, from their meaning (N, W)."""
        return F.normalize(self.semantic_proj(F.normalize(meaning, dim=-1)), dim=-1)


def _build_transformer(config: TextConfig) -> nn.Module:
    if config.name == "minilm":
        from seem_ros.model.text.minilm import MiniLM

        return MiniLM(config)
    from seem_ros.model.text.clip_text import ClipText

    return ClipText(config)
