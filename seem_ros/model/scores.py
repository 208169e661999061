"""How well queries fit a prompt: what it looks like (clicks, references) or says (text)."""

from __future__ import annotations

from torch import Tensor

from seem_ros.model.features import QueryOutput
from seem_ros.model.text.language_encoder import LanguageEncoder

MAX_LOGIT_SCALE = 100.0


def point_scores(output: QueryOutput, mean: Tensor) -> Tensor:
    """Score queries (B, Q, M) against mean point features (B, N, M): (B, N, Q)."""
    return mean.to(output.mask_embedding.dtype) @ output.mask_embedding.transpose(1, 2)


def text_scores(language: LanguageEncoder, output: QueryOutput, sentences: Tensor) -> Tensor:
    """Score queries against sentences (B, N, C), as scaled cosines: (B, N, Q)."""
    scale = language.logit_scale.exp().clamp(max=MAX_LOGIT_SCALE)
    return scale * language.similarity(output.class_embedding, sentences).transpose(1, 2)
