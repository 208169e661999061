"""The decoder as the official code runs it: random choices repeated, audio beside the text.

Our models choose nothing at random and hear speech as words, so only the golden cases need this.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.attention_layout import Row
from seem_ros.model.features import (
    ImageFeatures,
    PointSet,
    PromptBatch,
    SpatialTokens,
    TextFeatures,
)
from seem_ros.model.seem import Seem
from seem_ros.model.sequence import Sequence
from seem_ros.model.transformer_decoder import TransformerDecoder

AUDIO = len(Row)  # one more kind of row: it sees the object queries, as text does


@dataclass
class QueryDraws:
    """Random choices of the official v1 code.

    Attributes:
        queries: (Q,) int64, row of ``query_feat`` of each spatial query.
        objects: (Q,) int64, the object it belongs to.
        memory: per layer (slots,) int64, object of each memory slot.
    """

    queries: Tensor
    objects: Tensor
    memory: list[Tensor] | None = None


@dataclass
class OfficialBatch(PromptBatch):
    """Prompts of one decoder call, with audio tokens and draws."""

    audio: TextFeatures | None = None
    draws: QueryDraws | None = None


@dataclass
class DrawnSequence(Sequence):
    """Rows whose memory slots belong to drawn objects, other ones in each layer."""

    memory_objects: list[Tensor] | None = None

    def memory_mask(self, layer: int, size: tuple[int, int]) -> Tensor | None:
        """See :meth:`Sequence.memory_mask`."""
        if self.memory_objects is None or self.previous is None:
            return super().memory_mask(layer, size)
        mask = F.interpolate(self.previous, size=size, mode="bilinear", align_corners=False)
        return (mask.flatten(2).sigmoid() >= 0.5)[:, self.memory_objects[layer]]

    def rows(self, layer: int, queries: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See :meth:`Sequence.rows`."""
        if self.memory_objects is not None and self.previous is not None:
            self.query_objects = self.query_objects.clone()
            self.query_objects[:, self.heads :] = self.memory_objects[layer]
        return super().rows(layer, queries)


class OfficialDecoder(TransformerDecoder):
    """A transformer decoder that reads :class:`OfficialBatch`."""

    def sequence(self, features: ImageFeatures, batch: PromptBatch) -> Sequence:
        """See :meth:`TransformerDecoder.sequence`."""
        plain = super().sequence(features, batch)
        parts = {field.name: getattr(plain, field.name) for field in fields(plain)}
        out = DrawnSequence(**parts)
        if isinstance(batch, OfficialBatch):
            if batch.audio is not None:
                self._hear(out, batch.audio)
            if batch.draws is not None and "spatial" in out.groups:
                self._draw(out, batch.draws)
        return out

    def visibility_table(self, device: torch.device) -> Tensor:
        """See :meth:`TransformerDecoder.visibility_table`."""
        table = F.pad(super().visibility_table(device), (0, 1, 0, 1))
        table[Row.OBJECT, AUDIO] = self.config.layout == "demo"
        table[AUDIO, [Row.OBJECT, AUDIO]] = self.config.layout == "demo"
        return table

    @staticmethod
    def _hear(out: Sequence, audio: TextFeatures) -> None:
        after = out.kept
        out.carried = torch.cat((out.carried, audio.tokens.to(out.carried)), 1)
        out.carried_pos = out.carried
        out.carried_valid = torch.cat((out.carried_valid, audio.valid), 1)
        kinds = torch.full((audio.tokens.shape[1],), AUDIO)
        out.kinds = torch.cat((out.kinds[:after], kinds, out.kinds[after:]))

    def _draw(self, out: DrawnSequence, draws: QueryDraws) -> None:
        """Put drawn queries in the place of all spatial ones."""
        part, count = out.groups["spatial"], len(draws.queries)
        stop = part.start + count

        def replaced(rows: Tensor, drawn: Tensor) -> Tensor:
            drawn = drawn.expand(len(rows), *drawn.shape)
            return torch.cat((rows[:, : part.start], drawn, rows[:, part.stop :]), 1)

        out.queries = replaced(out.queries, self.query_feat.weight[draws.queries])
        out.query_pos = replaced(out.query_pos, self.query_embed.weight[draws.queries])
        out.query_objects = replaced(out.query_objects, draws.objects)
        out.kinds = replaced(out.kinds[None], torch.full((count,), int(Row.SPATIAL)))[0]
        out.groups = {**out.groups, "spatial": slice(part.start, stop)}
        out.heads += stop - part.stop
        out.memory_objects = draws.memory


def with_official_decoder(model: Seem) -> Seem:
    """Let a model without weights yet decode as the official code does."""
    own = model.decoder
    model.sem_seg_head.predictor = OfficialDecoder(
        own.config, model.config.pixel_decoder.mask_dim, own.lang_encoder
    )
    return model


def tokens_of_sets(model: Seem, features: ImageFeatures, sets: Several[PointSet]) -> SpatialTokens:
    """Tokens of four draws of points: for the mean query, and one for each level."""
    mean, *levels = (model.spatial_tokens(features, points) for points in sets)
    return SpatialTokens(
        [tokens.levels[index] for index, tokens in enumerate(levels)],
        mean.mean,
        [tokens.valid[index] for index, tokens in enumerate(levels)],
        [tokens.objects[index] for index, tokens in enumerate(levels)],
    )


def drawn_points(mask: Tensor, chosen: Tensor | None) -> PointSet:
    """Points of one (H, W) bool mask, those of drawn indices in their order, or all."""
    found = mask.nonzero()
    found = found if chosen is None else found[chosen]
    yx = found / torch.tensor(mask.shape, dtype=torch.float32)
    return PointSet.of(yx[None], torch.ones(1, len(yx), dtype=torch.bool))
