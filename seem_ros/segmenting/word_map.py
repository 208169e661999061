"""Where is what the words name? A semantic map read against the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.seem import Seem
from seem_ros.segmenting.requests import EncodedImage

SAME_MEANING = 0.6  # cosine of sentences above which a vocabulary name is no rival of a text
SURE_CELLS = 4  # cells of stride 8 that must agree that a thing is in view


class WordMap:
    """Finds texts on the semantic map of an image.

    A cell shows what a text names as far as the text beats all other names of the vocabulary
    and the background there; names that mean nearly the same do not compete.
    """

    def __init__(self, model: Seem) -> None:
        self._model = model
        self._rivals: tuple[Tensor, Tensor] | None = None

    def __call__(self, image: EncodedImage, texts: Sequence[str]) -> tuple[Tensor, list[float]]:
        """Locate texts.

        Returns:
            Log odds (N, H/4, W/4) on the padded grid, and for each text the probability that
            it is in view.
        """
        rows, meanings = self._rivals or self._embed_vocabulary()
        text = self._model.encode_text(list(texts))
        unit = F.normalize(text.meaning, dim=-1)
        rival = unit @ meanings.t() < SAME_MEANING
        cells = image.features.semantic[0].flatten(1).t()
        semantic = self._model.semantic_map
        others = semantic.logits(cells, rows)
        own = semantic.logits(cells, self._model.language.semantic_rows(text.meaning))[:, :-1]
        odds = []
        for index, competing in enumerate(rival):
            chosen = torch.cat((competing, competing.new_ones(1)))  # and the background
            odds.append(own[:, index] - others[:, chosen].logsumexp(-1))
        stacked = torch.stack(odds)
        sure = stacked.topk(min(SURE_CELLS, stacked.shape[1])).values.sigmoid().mean(-1)
        grid = stacked.unflatten(1, image.features.semantic.shape[-2:])
        size = image.features.mask_features.shape[-2:]
        fine = F.interpolate(grid[None], size=size, mode="bilinear", align_corners=False)[0]
        return fine, sure.tolist()

    def _embed_vocabulary(self) -> tuple[Tensor, Tensor]:
        """Semantic rows (K, E) and unit meanings (K, W) of the names the model was trained on."""
        text = self._model.encode_text(list(self._model.config.vocabulary))
        rows = self._model.language.semantic_rows(text.meaning)
        self._rivals = rows, F.normalize(text.meaning, dim=-1)
        return self._rivals
