"""Where is what the words name? A semantic map read against the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.seem import Seem
from seem_ros.segmenting.naming import meanings
from seem_ros.segmenting.requests import EncodedImage

SAME_MEANING = 0.6  # cosine of sentences above which a vocabulary name is no rival of a text


@dataclass(frozen=True, eq=False)
class Word:
    """A text ready to be compared with class embeddings.

    Attributes:
        meaning: (W,) sentence embedding of the text.
        row: (E,) unit row of the text.
        rivals: (K, E) unit rows of the names of the vocabulary that mean something else.
    """

    meaning: Tensor
    row: Tensor
    rivals: Tensor


class WordMap:
    """Compares texts with the semantic map of an image, and with what it says under masks.

    A text's lead is its logit less that of the best other name of the vocabulary: names that
    mean nearly the same do not compete.
    """

    def __init__(self, model: Seem) -> None:
        self._model = model
        self._vocabulary: tuple[Tensor, Tensor] | None = None

    def word(self, text: str) -> Word:
        """Prepare a text."""
        rows, meanings = self._vocabulary or self._embed_vocabulary()
        encoded = self._model.encode_text([text])
        rival = meanings @ F.normalize(encoded.meaning[0], dim=0) < SAME_MEANING
        row = self._model.language.semantic_rows(encoded.meaning)[0]
        return Word(encoded.meaning[0], row, rows[rival])

    def evidence(self, embeddings: Tensor, word: Word) -> tuple[Tensor, Tensor]:
        """Logit of a word over the background, and its lead, for embeddings (..., E): (...)."""
        logits = self._model.semantic_map.logits(
            embeddings, torch.cat((word.row[None], word.rivals))
        )
        own = logits[..., 0]
        return own - logits[..., -1], own - logits[..., 1:-1].amax(-1)

    def on_grid(self, image: EncodedImage, word: Word) -> tuple[Tensor, Tensor]:
        """The same for every cell of the padded stride-4 grid: (H/4, W/4) each."""
        semantic = image.features.semantic[0].permute(1, 2, 0)
        both = torch.stack(self.evidence(semantic, word))
        size = image.features.mask_features.shape[-2:]
        fine = F.interpolate(both[None], size=size, mode="bilinear", align_corners=False)[0]
        return fine[0], fine[1]

    def _embed_vocabulary(self) -> tuple[Tensor, Tensor]:
        """Semantic rows (K, E) and unit meanings (K, W) of the names the model was trained on."""
        with torch.inference_mode():
            known = meanings(self._model, self._model.config.vocabulary)
            rows = self._model.language.semantic_rows(known)
        self._vocabulary = rows, F.normalize(known, dim=-1)
        return self._vocabulary
