"""Texts of a training step, encoded once and projected with the weights of the moment."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import TextFeatures
from seem_ros.model.text.language_encoder import LanguageEncoder


class TextSource:
    """Texts for a training step: encoded once by the frozen encoder, projected each time.

    Args:
        language: the model's text encoder.
        names: all names of the training sets, to draw negatives of class losses from.
        classes: negatives per class loss.
    """

    def __init__(self, language: LanguageEncoder, names: Sequence[str], classes: int = 48) -> None:
        self.language, self.names, self.classes = language, tuple(names), classes
        self._known: dict[str, tuple[Tensor, Tensor]] = {}

    def features(self, phrases: Sequence[str]) -> TextFeatures:
        """Project the texts with the current projection."""
        return self.language.project(*self._hidden(phrases))

    def meanings(self, phrases: Sequence[str]) -> Tensor:
        """Sentences (N, W) of the texts before any projection."""
        self._remember(phrases)
        return torch.stack([self._known[p][1] for p in phrases])

    def rows(self, names: Sequence[str]) -> Tensor:
        """Normalised class rows (K, C) of names."""
        return F.normalize(self.features(names).sentence, dim=-1)

    def with_negatives(self, names: Sequence[str], key: int) -> list[str]:
        """The names followed by others to tell them from; ``key`` varies which."""
        others = [n for n in self.names if n not in set(names)]
        start = key % max(1, len(others))
        return [*names, *(others[start:] + others[:start])[: self.classes]]

    @torch.no_grad()
    def _hidden(self, phrases: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """States (N, T, W), valid (N, T) and sentences (N, W), before the projection."""
        self._remember(phrases)
        found = [self._known[p] for p in phrases]
        states = torch.nn.utils.rnn.pad_sequence([s for s, _ in found], batch_first=True)
        lengths = torch.tensor([len(s) for s, _ in found], device=states.device)
        valid = torch.arange(states.shape[1], device=states.device)[None] < lengths[:, None]
        return states, valid, torch.stack([s for _, s in found])

    @torch.no_grad()
    def _remember(self, phrases: Sequence[str]) -> None:
        """Encode the texts that were not met before."""
        for phrase in phrases:
            if phrase not in self._known:
                states, _, sentence = self.language.hidden([phrase])
                self._known[phrase] = (states[0], sentence[0])
