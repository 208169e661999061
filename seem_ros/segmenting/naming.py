"""Names for masks: a vocabulary, ready to be compared with class embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

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


class Vocabulary:
    """Class names, embedded when they are first needed.

    Args:
        model: whose text encoder reads them.
        names: none of them empty.

    Raises:
        ValueError: no name, or an empty one.
    """

    def __init__(self, model: Seem, names: Sequence[str]) -> None:
        cleaned = tuple(name.strip() for name in names)
        if not cleaned or not all(cleaned):
            raise ValueError(f"a vocabulary needs names, none of them empty; got {list(names)!r}")
        self._model, self.names = model, cleaned

    @classmethod
    def of(cls, model: Seem) -> Vocabulary:
        """The names that a model was trained on."""
        return cls(model, model.config.vocabulary or coco_panoptic().classes)

    @property
    def things(self) -> int:
        """How many leading names are things; the rest is stuff, whose regions are merged."""
        official = coco_panoptic()
        return official.things if self.names == official.classes else len(self.names)

    @cached_property
    def rows(self) -> Tensor:
        """(K + 1, C) normalised rows of the names and, last, of "background", for queries."""
        names = [spoken_name(name) for name in (*self.names, BACKGROUND)]
        language = self._model.language
        if not self._model.config.text.templates:
            return embed_names(language, names)
        digest = digest_of_text_weights(self._model)
        templates = coco_panoptic().templates
        return cached_embeddings(language, names, templates, digest, cache_folder() / "names")

    @cached_property
    def meanings(self) -> Tensor:
        """Sentence embeddings (K, W), kept on disk where it is a large vocabulary."""
        if len(self.names) <= _FEW:
            return name_meanings(self._model.language, self.names)
        digest = digest_of_text_weights(self._model)
        folder = cache_folder() / "names"
        return cached_meanings(self._model.language, self.names, digest, folder)

    @cached_property
    def semantic_rows(self) -> Tensor:
        """(K, E) rows for a semantic map."""
        return self._model.language.semantic_rows(self.meanings)

    def best(self, logits: Tensor) -> list[tuple[str, float]]:
        """Best name and its probability for each row of logits (N, K)."""
        scores, index = logits.softmax(-1).max(-1)
        return [(self.names[i], s) for i, s in zip(index.tolist(), scores.tolist(), strict=True)]
