"""Which query answers a prompt: official scores and the order of precedence of prompts.

SEEM compares queries with what the prompt looks like (clicks, strokes, references) or says
(text). When several kinds are given, all of them shape the queries, and the most exact one
selects: a stroke, then a reference, then text.
"""

from __future__ import annotations

import math

from torch import Tensor

from seem_ros.model.features import PromptBatch, QueryOutput
from seem_ros.model.text.language_encoder import LanguageEncoder

MAX_LOGIT_SCALE = 100.0


def point_scores(output: QueryOutput, mean: Tensor) -> Tensor:
    """Score queries (B, Q, M) against mean point features (B, N, M): (B, N, Q)."""
    return mean.to(output.mask_embedding.dtype) @ output.mask_embedding.transpose(1, 2)


def text_scores(language: LanguageEncoder, output: QueryOutput, sentences: Tensor) -> Tensor:
    """Score queries against sentences (B, N, C), as scaled cosines: (B, N, Q)."""
    scale = min(math.exp(language.logit_scale.item()), MAX_LOGIT_SCALE)
    return scale * language.similarity(output.class_embedding, sentences).transpose(1, 2)


def prompt_scores(
    language: LanguageEncoder, output: QueryOutput, batch: PromptBatch
) -> Tensor | None:
    """Score the queries of each sequence by its most exact prompt: (B, N, Q).

    None when the batch holds no prompt to select by.
    """
    for tokens in (batch.points, batch.visual):
        if tokens is not None:
            return point_scores(output, tokens.mean)
    for text in (batch.text, batch.audio):
        if text is not None:
            return text_scores(language, output, text.sentence[:, None])
    return None
