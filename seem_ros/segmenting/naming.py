"""Names for masks: class embeddings compared with a vocabulary.

A match carries the class embedding of the query that found it, or, where the model has a
semantic map, what that map says under its mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seem_ros.model.checkpoints import cache_folder, digest_of_text_weights
from seem_ros.model.seem import Seem
from seem_ros.model.text.vocabularies import (
    BACKGROUND,
    cached_embeddings,
    cached_meanings,
    coco_panoptic,
    embed_names,
    name_meanings,
    spoken_name,
)

_FEW = 200  # names that are embedded about as fast as the weights are hashed


def meanings(model: Seem, names: Sequence[str]) -> Tensor:
    """Sentence embeddings (K, W) of a vocabulary, kept on disk where it is a large one."""
    if len(names) <= _FEW:
        return name_meanings(model.language, names)
    digest = digest_of_text_weights(model)
    return cached_meanings(model.language, names, digest, cache_folder() / "names")


class Namer:
    """Names class embeddings; the vocabulary is embedded when it is first needed."""

    def __init__(self, model: Seem) -> None:
        self._model = model
        self._rows: Tensor | None = None
        self._semantic_rows: Tensor | None = None
        self.names: tuple[str, ...] = model.config.vocabulary or coco_panoptic().classes

    def set_names(self, names: Sequence[str]) -> None:
        """Use these names from now on.

        Raises:
            ValueError: no name, or an empty one.
        """
        cleaned = tuple(name.strip() for name in names)
        if not cleaned or not all(cleaned):
            raise ValueError(f"a vocabulary needs names, none of them empty; got {list(names)!r}")
        self.names, self._rows, self._semantic_rows = cleaned, None, None

    @property
    def things(self) -> int:
        """How many leading names are things; the rest is stuff, whose regions are merged."""
        official = coco_panoptic()
        return official.things if self.names == official.classes else len(self.names)

    @property
    def rows(self) -> Tensor:
        """(K + 1, C) normalised rows of the names and, last, of "background"."""
        if self._rows is None:
            self._rows = self._embed()
        return self._rows

    def _embed(self) -> Tensor:
        names = [spoken_name(name) for name in (*self.names, BACKGROUND)]
        language = self._model.language
        if not self._model.config.text.templates:
            return embed_names(language, names)
        digest = digest_of_text_weights(self._model)
        templates = coco_panoptic().templates
        return cached_embeddings(language, names, templates, digest, cache_folder() / "names")

    def match_logits(self, embeddings: Tensor) -> Tensor:
        """Logits (N, K) of the names for matches' embeddings (N, C)."""
        count = len(self.names)
        if self._model.config.semantic_map is None:
            return self._model.language.class_logits(embeddings, self.rows[:count])
        if self._semantic_rows is None:
            known = meanings(self._model, self.names)
            self._semantic_rows = self._model.language.semantic_rows(known)
        return self._model.semantic_map.logits(embeddings, self._semantic_rows)[:, :count]

    def __call__(
        self, embeddings: Sequence[Tensor], gains: Sequence[Tensor | None]
    ) -> list[tuple[str, float]]:
        """Best name and its probability for each match.

        Args:
            embeddings: (C,) class embedding of each.
            gains: (K,) logits that other evidence adds, None for none.
        """
        logits = self.match_logits(torch.stack(list(embeddings)))
        for row, gain in zip(logits, gains, strict=True):
            if gain is not None:
                row += gain.to(row)
        scores, index = logits.softmax(-1).max(-1)
        return [(self.names[i], s) for i, s in zip(index.tolist(), scores.tolist(), strict=True)]
