"""What a predictor is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import ImageFeatures, SpatialTokens
from seem_ros.model.helpers.detector import Detections
from seem_ros.model.preprocess import Geometry
from seem_ros.prompts import Prompt
from seem_ros.segmenting.cut_outs import Frame


@dataclass(eq=False)
class EncodedImage:
    """An image after the encoder.

    Attributes:
        features: batch 1.
        geometry: how the image lies in the padded input.
        rgb: (H, W, 3) uint8, the image itself, for what words say of its colours.
        detail: times the model's input size at which it was read.
        classes: (h, w, 1000) what the recogniser sees where, once it was asked.
        things: what the detector sees, once it was asked.
    """

    features: ImageFeatures
    geometry: Geometry
    rgb: np.ndarray
    detail: float = 1.0
    classes: Tensor | None = None
    things: Detections | None = None


@dataclass(eq=False)
class Request:
    """One prompt on the image.

    Attributes:
        prompt: validated, in pixels of the image.
        previous: (h, w) mask logits of the last round on the padded stride-4 grid, or None.
        references: tokens of the object in other images: an example, remembered frames.
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


@dataclass(frozen=True, eq=False)
class Detail:
    """Exact mask logits (S, S) of a part of the picture, scaled to a square."""

    frame: Frame
    logits: Tensor


@dataclass(eq=False)
class Match:
    """One object that fits a request.

    Attributes:
        logits: (h, w) mask logits on the padded stride-4 grid.
        score: 0..1.
        embedding: (C,) class embedding, to be named from a vocabulary.
        norms: of the last whole look, None where the model has none.
        looks: (c,) what the object looks like to the model, None where it does not tell.
        detail: the mask around the object made exact, None without a refiner.
    """

    logits: Tensor
    score: float
    embedding: Tensor
    norms: Tensor | None = None
    looks: Tensor | None = None
    detail: Detail | None = None


class Predictor(Protocol):
    """Answers requests on one image: per request the matches, best first, none = not found."""

    def __call__(self, image: EncodedImage, requests: Sequence[Request]) -> list[list[Match]]:
        """Answer all requests, with as few decoder calls as possible."""
        ...


def pointed_answers(
    spatial: Callable[[EncodedImage, Sequence[Request]], list[Match]],
    image: EncodedImage,
    requests: Sequence[Request],
) -> list[list[Match]]:
    """Answer what is pointed at, shown or remembered in one call; words alone stay empty."""
    answers: list[list[Match]] = [[] for _ in requests]
    pointed = [i for i, r in enumerate(requests) if not r.is_textual]
    if pointed:
        matches = spatial(image, [requests[i] for i in pointed])
        for index, match in zip(pointed, matches, strict=True):
            answers[index] = [match] if bool((match.logits > 0).any()) else []
    return answers


def mask_score(logits: Tensor) -> float:
    """Mean probability inside the mask (Mask2Former's mask score), 0 when it is empty."""
    inside = logits > 0
    return float(logits[inside].sigmoid().mean()) if bool(inside.any()) else 0.0


def overlap(first: Match, second: Match) -> float:
    """Share of the smaller of two masks that lies in the other, 0..1."""
    a, b = first.logits > 0, second.logits > 0
    smaller = min(int(a.sum()), int(b.sum()))
    return int((a & b).sum()) / smaller if smaller else 0.0


def stack_previous(requests: Sequence[Request]) -> tuple[Tensor | None, Tensor | None]:
    """Previous logits (B, 1, h, w) and which requests have any (B,); None when none has."""
    known = [r.previous for r in requests if r.previous is not None]
    if not known:
        return None, None
    nothing = torch.full_like(known[0], -10.0)
    stacked = [nothing if r.previous is None else r.previous for r in requests]
    has = torch.tensor([r.previous is not None for r in requests], device=known[0].device)
    return torch.stack(stacked)[:, None], has


def stack_references(requests: Sequence[Request]) -> SpatialTokens | None:
    """Join each request's reference tokens and pad them to one batch; None when none has any."""
    joined = [_join(r.references) if r.references else None for r in requests]
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
