"""Names for masks: a vocabulary, ready to be compared with class embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from seem_ros.model.checkpoints import cache_folder, digest_of_text_weights
from seem_ros.model.seem import Seem
from seem_ros.model.text.synonyms import plain_name
from seem_ros.model.text.vocabularies import (
    BACKGROUND,
    cached_embeddings,
    cached_meanings,
    coco_panoptic,
    embed_names,
    name_meanings,
    spoken_name,
)
from seem_ros.prompts.phrases import Names

_FEW = 200  # names that are embedded about as fast as the weights are hashed


class Vocabulary:
    """Class names, embedded when they are first needed.

    Args:
        model: whose text encoder reads them.
        names: none of them empty.
        merged: those that mean one thing are one name, the plain one.

    Raises:
        ValueError: no name, or an empty one.
    """

    def __init__(self, model: Seem, names: Sequence[str], *, merged: bool = False) -> None:
        cleaned = tuple(name.strip() for name in names)
        if not cleaned or not all(cleaned):
            raise ValueError(f"a vocabulary needs names, none of them empty; got {list(names)!r}")
        self._model, self.names, self._merged = model, cleaned, merged

    @classmethod
    def of(cls, model: Seem) -> Vocabulary:
        """The names that a model was trained on; data sets have their own words for a thing."""
        return cls(model, model.config.vocabulary or coco_panoptic().classes, merged=True)

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

    @cached_property
    def spoken(self) -> Names:
        """The names as they are understood in what people say.

        Names of the operator's own choice are read whole, whatever else their words may mean.
        """
        trained = self.names if self._merged else Vocabulary.of(self._model).names
        known = frozenset(name.lower() for name in trained)
        return Names(known, () if self._merged else self.names)

    def best(self, logits: Tensor, least: float = 0.0) -> list[tuple[str, float]]:
        """Best name and its probability for each row of logits (N, K).

        Args:
            logits: of all names.
            least: probability from which a name is given; below it there is none, ("", 0.0).
        """
        shares = logits.softmax(-1)
        if self._merged:
            meant = torch.tensor(self._meant, device=shares.device)
            shares = torch.zeros_like(shares).index_add(1, meant, shares)
        scores, index = shares.max(-1)
        rows = zip(index.tolist(), scores.tolist(), strict=True)
        return [(self.names[i], score) if score >= least else ("", 0.0) for i, score in rows]

    @cached_property
    def _meant(self) -> list[int]:
        """For each name the place of the plain name of the same thing."""
        places = {name: place for place, name in enumerate(self.names)}
        return [places.get(plain_name(name), place) for name, place in places.items()]
