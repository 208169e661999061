"""Evidence: a question made ready for the decoder, and several of them as one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import SpatialTokens, TextFeatures
from seem_ros.prompts import Prompt
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.question import Answer

_SURE = 10.0  # logit of a mask given as a mask


@dataclass(frozen=True, eq=False)
class Evidence:
    """What says which object is meant.

    Attributes:
        prompt: validated, in pixels of the picture.
        previous: (h, w) mask logits of the last round on the padded grid, or None.
        references: tokens of the object in other pictures: an example, remembered frames.
        norms: of a whole look a moment ago, where a look around the evidence is enough.
    """

    prompt: Prompt
    previous: Tensor | None = None
    references: Sequence[SpatialTokens] = ()
    norms: Tensor | None = None

    @property
    def is_textual(self) -> bool:
        """Whether words alone say what is meant."""
        evidence = self.prompt.has_spatial or self.references or self.previous is not None
        return bool(self.prompt.text.strip()) and not evidence

    @property
    def is_pointed(self) -> bool:
        """Whether somebody points at something, and memory does not look for it."""
        return self.prompt.has_spatial and not self.references


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
    width = max(t.levels[0].shape[1] for t in rows)
    levels = range(len(rows[0].levels))
    return SpatialTokens(
        levels=[torch.cat([_widen(t.levels[i], width, 1) for t in rows]) for i in levels],
        mean=torch.cat([t.mean for t in rows]),
        valid=[torch.cat([_widen(t.valid[i], width, 1) for t in rows]) for i in levels],
        objects=[torch.cat([_widen(t.objects[i], width, 1) for t in rows]) for i in levels],
        dense=[torch.cat(scale) for scale in zip(*(t.dense for t in rows), strict=True)],
    )


def _join(tokens: Sequence[SpatialTokens]) -> SpatialTokens:
    """Put the tokens of several references of one object side by side, average their means."""
    levels = range(len(tokens[0].levels))
    return SpatialTokens(
        levels=[torch.cat([t.levels[i] for t in tokens], 1) for i in levels],
        mean=torch.stack([t.mean for t in tokens]).mean(0),
        valid=[torch.cat([t.valid[i] for t in tokens], 1) for i in levels],
        objects=[torch.cat([t.objects[i] for t in tokens], 1) for i in levels],
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


def _widen(x: Tensor, width: int, dim: int) -> Tensor:
    """Pad a dimension with zeros (False) at its end."""
    pads = [0, 0] * (x.dim() - 1 - dim) + [0, width - x.shape[dim]]
    return F.pad(x, pads)
