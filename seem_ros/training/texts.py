"""Text prompts for training: names that are in view, names that are not, and ways to say them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import TextFeatures
from seem_ros.model.text.language_encoder import LanguageEncoder
from seem_ros.training.views import View

_FORMS = ("{}", "{}", "{}", "the {}", "a {}", "the {} over there", "{}s")
_TOO_SIMILAR = 0.6  # cosine above which a name may mean the same thing


@dataclass(eq=False)
class TextTask:
    """A phrase and the (H, W) bool union of what it names, all False when it is absent.

    Phrase and name are empty where the sample has no names.
    """

    phrase: str
    name: str
    truth: np.ndarray


def text_tasks(
    view: View,
    names: dict[int, str | None],
    vocabulary: Sequence[str],
    count: int,
    rng: np.random.Generator,
) -> list[TextTask]:
    """Choose ``count`` names, in view as far as there are any, at least one absent."""
    nothing = np.zeros(view.labels.shape, bool)
    if not vocabulary:
        return [TextTask("", "", nothing)] * count
    shown = sorted({names[i] for i in view.ids if names.get(i)})
    everything = {n for n in names.values() if n}
    absent = [n for n in vocabulary if n not in everything]
    chosen = [str(n) for n in rng.permutation(shown)[: count - 1]]
    chosen += [str(n) for n in rng.choice(absent, count - len(chosen))]
    tasks = []
    for name in chosen:
        ids = [i for i, n in names.items() if n == name]
        phrase = _FORMS[rng.integers(len(_FORMS))].format(name)
        tasks.append(TextTask(phrase, name, np.isin(view.labels, ids) if ids else nothing))
    return tasks


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

    def rows(self, names: Sequence[str]) -> Tensor:
        """Normalised class rows (K, C) of names."""
        return F.normalize(self.features(names).sentence, dim=-1)

    def with_negatives(self, names: Sequence[str], key: int) -> list[str]:
        """The names followed by others to tell them from; ``key`` varies which."""
        others = [n for n in self.names if n not in set(names)]
        start = key % max(1, len(others))
        return [*names, *(others[start:] + others[:start])[: self.classes]]

    def different(self, name: str, others: Sequence[str]) -> bool:
        """Whether a name is clearly none of the others (else its absence is not certain)."""
        if not others:
            return True
        sentences = F.normalize(self._hidden([name, *others])[2], dim=-1)
        return float((sentences[1:] @ sentences[0]).max()) < _TOO_SIMILAR

    @torch.no_grad()
    def _hidden(self, phrases: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """States (N, T, W), valid (N, T) and sentences (N, W), before the projection."""
        for phrase in phrases:
            if phrase not in self._known:
                states, _, sentence = self.language.hidden([phrase])
                self._known[phrase] = (states[0], sentence[0])
        found = [self._known[p] for p in phrases]
        states = torch.nn.utils.rnn.pad_sequence([s for s, _ in found], batch_first=True)
        lengths = torch.tensor([len(s) for s, _ in found], device=states.device)
        valid = torch.arange(states.shape[1], device=states.device)[None] < lengths[:, None]
        return states, valid, torch.stack([s for _, s in found])
