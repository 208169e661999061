"""Evidence: a question made ready for the decoder, and several of them as one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import SpatialTokens, TextFeatures
from seem_ros.prompts import Prompt
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.memory import Remembered
from seem_ros.segmenting.question import Answer, Question

_SURE = 10.0  # logit of a mask given as a mask


@dataclass(frozen=True, eq=False)
class Evidence:
    """What says which object is meant.

    Attributes:
        prompt: validated, in pixels of the picture.
        previous: (h, w) mask logits of the last round on the padded grid, on the CPU, or None.
        references: tokens of the object in other pictures: an example, remembered frames.
        norms: of a whole look a moment ago, where a look around the evidence is enough.
        shown: what is remembered of the object in an example, where nothing else says where it is.
        insists: an operator corrects what memory knows too.
        name_later: whether helpers are asked for its name afterwards.
    """

    prompt: Prompt
    previous: Tensor | None = None
    references: Sequence[SpatialTokens] = ()
    norms: Tensor | None = None
    shown: Remembered | None = None
    insists: bool = False
    name_later: bool = False

    @property
    def is_textual(self) -> bool:
        """Whether words alone say what is meant."""
        evidence = self.prompt.has_spatial or self.references or self.previous is not None
        return bool(self.prompt.text.strip()) and not evidence

    @property
    def is_said(self) -> bool:
        """Whether an operator says words, that are not looked for in every frame."""
        return self.is_textual and not self.prompt.track

    @property
    def is_pointed(self) -> bool:
        """Whether somebody points at something, and memory does not look for it."""
        return self.prompt.has_spatial and not self.references

    @property
    def is_insisted(self) -> bool:
        """Whether somebody draws one box or clicks again, and shows in no other way what."""
        prompt = self.prompt
        others = prompt.strokes or prompt.mask is not None or len(prompt.boxes) > 1
        again = prompt.points and (self.previous is not None or len(prompt.points) > 1)
        return bool((self.is_pointed or self.insists) and not others and (prompt.boxes or again))


def evidence_of(
    question: Question,
    grid: Grid,
    example: Callable[[np.ndarray, np.ndarray], Remembered],
) -> Evidence:
    """Check a question about a picture and make it ready.

    Args:
        question: to be checked.
        grid: of the picture.
        example: remembers an example, (H, W, 3) uint8 and (H, W) bool.

    Raises:
        ValueError: the prompt does not fit the picture.
    """
    prompt, before = question.prompt, question.before
    remembered = before is not None or bool(question.memories)
    if not (remembered and prompt.is_empty):  # memory alone is a prompt too
        prompt = prompt.validated(*grid.original, has_instance=remembered)
    shown = None if prompt.example is None else example(*prompt.example)
    memories = [*question.memories] if shown is None else [shown, *question.memories]
    references = [memory.tokens for memory in memories]
    if before is None:
        alone = not (prompt.has_spatial or question.memories)
        shown = shown if alone else None
        return Evidence(prompt, references=references, shown=shown, name_later=question.name_later)
    alike = before.logits is None or before.logits.shape == grid.shown
    norms = before.context if question.glance and alike else None
    previous = last_round(grid, before)
    return Evidence(
        prompt, previous, references, norms, None, question.insists, question.name_later
    )


def last_round(grid: Grid, before: Answer) -> Tensor:
    """Return the last round's logits on the padded grid, from its mask if it has none."""
    if before.logits is None:
        return torch.from_numpy(grid.cover(before.mask) * 2 * _SURE - _SURE)
    rows, columns = grid.shown
    known = torch.from_numpy(before.logits)[None, None].float()
    if known.shape[-2:] != (rows, columns):
        known = F.interpolate(known, size=(rows, columns), mode="bilinear")
    padded = torch.full(grid.cells, -_SURE)
    padded[:rows, :columns] = known[0, 0]
    return padded


def spoken(
    encode: Callable[[list[str]], TextFeatures], texts: Sequence[str], silence: str = ""
) -> TextFeatures | None:
    """Encode the words of several prompts.

    Args:
        encode: a model's ``encode_text``.
        texts: one a prompt, blank for those without words.
        silence: encoded in place of blank ones, which nothing attends to.

    Returns:
        Text of batch N, None when no prompt has any.
    """
    said = [text.strip() for text in texts]
    if not any(said):
        return None
    features = encode([text or silence for text in said])
    has = torch.tensor([bool(text) for text in said], device=features.valid.device)
    return replace(features, valid=features.valid & has[:, None])


def stack_previous(evidence: Sequence[Evidence]) -> tuple[Tensor | None, Tensor | None]:
    """Previous logits (B, 1, h, w) and which have any (B,); None when none has."""
    known = [e.previous for e in evidence if e.previous is not None]
    if not known:
        return None, None
    nothing = torch.full_like(known[0], -10.0)
    stacked = [nothing if e.previous is None else e.previous for e in evidence]
    has = torch.tensor([e.previous is not None for e in evidence], device=known[0].device)
    return torch.stack(stacked)[:, None], has


def stack_references(evidence: Sequence[Evidence]) -> SpatialTokens | None:
    """Join each one's reference tokens and pad them to one batch; None when none has any."""
    joined = [_join(e.references) if e.references else None for e in evidence]
    known = [t for t in joined if t is not None]
    if not known:
        return None
    nothing = _blank(known[0])
    rows = [nothing if t is None else t for t in joined]
    return SpatialTokens(
        levels=[_padded(level) for level in zip(*(t.levels for t in rows), strict=True)],
        mean=torch.cat([t.mean for t in rows]),
        valid=[_padded(level) for level in zip(*(t.valid for t in rows), strict=True)],
        objects=[_padded(level) for level in zip(*(t.objects for t in rows), strict=True)],
        dense=[torch.cat(scale) for scale in zip(*(t.dense for t in rows), strict=True)],
    )


def _join(tokens: Sequence[SpatialTokens]) -> SpatialTokens:
    """Put the tokens of several references of one object side by side, average their means."""
    return SpatialTokens(
        levels=[torch.cat(level, 1) for level in zip(*(t.levels for t in tokens), strict=True)],
        mean=torch.stack([t.mean for t in tokens]).mean(0),
        valid=[torch.cat(level, 1) for level in zip(*(t.valid for t in tokens), strict=True)],
        objects=[torch.cat(level, 1) for level in zip(*(t.objects for t in tokens), strict=True)],
        dense=[torch.stack(s).mean(0) for s in zip(*(t.dense for t in tokens), strict=True)],
    )


def _blank(tokens: SpatialTokens) -> SpatialTokens:
    """Tokens that say nothing, of the same shapes."""
    return replace(
        tokens,
        mean=torch.zeros_like(tokens.mean),
        valid=[torch.zeros_like(v) for v in tokens.valid],
        dense=[torch.zeros_like(d) for d in tokens.dense],
    )


def _padded(rows: Sequence[Tensor]) -> Tensor:
    """Join (1, P, ...) rows to one batch, zeros (False) at the end of the shorter ones."""
    width = max(row.shape[1] for row in rows)
    others = [0, 0] * (rows[0].dim() - 2)
    return torch.cat([F.pad(row, [*others, 0, width - row.shape[1]]) for row in rows])
