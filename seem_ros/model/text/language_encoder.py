"""Text encoder with its projection into SEEM's joint space, the ``lang_encoder`` of the decoder."""

from __future__ import annotations

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

    def __init__(self, config: TextConfig, dim: int) -> None:
        super().__init__()
        self.config = config
        self.lang_encoder = _build_transformer(config)
        self.lang_proj = nn.Parameter(torch.randn(config.width, dim) * config.width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))
        if config.presence_bias:
            self.presence_bias = nn.Parameter(torch.tensor(-2.0))
        self.tokenizer = None

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
        return TextFeatures(states @ self.lang_proj, valid, sentence @ self.lang_proj)

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

    def presence(self, embedding: Tensor, sentence: Tensor) -> Tensor:
        """Logit that the named thing is in view: embeddings and sentences (..., C) -> (...)."""
        cosine = F.cosine_similarity(embedding, sentence, dim=-1, eps=1e-6)
        return self.logit_scale.exp() * cosine + self.presence_bias


def _build_transformer(config: TextConfig) -> nn.Module:
    if config.name == "minilm":
        from seem_ros.model.text.minilm import MiniLM

        return MiniLM(config)
    from seem_ros.model.text.clip_text import ClipText

    return ClipText(config)
