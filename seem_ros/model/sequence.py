"""The decoder's sequence: query groups, memory slots and prompt tokens, and their bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.attention_layout import Row
from seem_ros.model.features import ImageFeatures, PromptBatch, SpatialTokens

if TYPE_CHECKING:
    from seem_ros.model.transformer_decoder import TransformerDecoder


@dataclass
class Sequence:
    """Rows of one decoder call.

    Query rows (object, grounding, spatial, memory) attend to the image; token rows (text,
    audio, point, visual) only to other rows. Text and audio tokens are carried from layer to
    layer, point and visual tokens are taken anew from the layer's level.

    Attributes:
        queries, query_pos: (B, Q, C).
        groups: query group -> its slice of the queries.
        heads: number of leading query rows that have heads (all but memory slots).
        carried, carried_pos: (B, T, C) text and audio tokens.
        carried_valid: (B, T) bool.
        spatial: (points, visual) tokens in this order, None where absent.
        kinds: (L,) kinds of all rows in order.
        query_objects: (B, Q) object of each query row.
        previous: (B, N, h, w) logits of the last round, with ``has_previous`` (B,).
        memory_objects: per layer (slots,) object of each memory slot, None = all object 0.
    """

    queries: Tensor
    query_pos: Tensor
    groups: dict[str, slice]
    heads: int
    carried: Tensor
    carried_pos: Tensor
    carried_valid: Tensor
    spatial: tuple[SpatialTokens | None, SpatialTokens | None]
    kinds: Tensor
    query_objects: Tensor
    previous: Tensor | None = None
    has_previous: Tensor | None = None
    memory_objects: list[Tensor] | None = None

    def memory_mask(self, layer: int, size: tuple[int, int]) -> Tensor | None:
        """Attention mask (B, slots, h * w) of the memory slots, True = may attend."""
        slots = self.queries.shape[1] - self.heads
        if self.previous is None or slots == 0:
            return None
        mask = F.interpolate(self.previous, size=size, mode="bilinear", align_corners=False)
        mask = mask.flatten(2).sigmoid() >= 0.5
        if self.memory_objects is None:
            return mask[:, :1].expand(-1, slots, -1)
        return mask[:, self.memory_objects[layer]]

    def rows(self, layer: int, queries: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Collect all rows for self-attention: content, position, object, valid."""
        level = layer % 3
        batch = queries.shape[0]
        content, pos = [queries, self.carried], [self.query_pos, self.carried_pos]
        objects = [self._query_objects(layer), torch.zeros_like(self.carried_valid).long()]
        valid = [self._query_valid(), self.carried_valid]
        for tokens in self.spatial:
            if tokens is not None:
                content.append(tokens.levels[level].to(queries.dtype))
                pos.append(content[-1])
                objects.append(tokens.objects[level].expand(batch, -1))
                valid.append(tokens.valid[level].expand(batch, -1))
        return torch.cat(content, 1), torch.cat(pos, 1), torch.cat(objects, 1), torch.cat(valid, 1)

    @property
    def kept(self) -> int:
        """Number of leading rows that are carried to the next layer."""
        return self.queries.shape[1] + self.carried.shape[1]

    def update(self, rows: Tensor) -> None:
        """Take the (B, kept, C) rows that are carried to the next layer."""
        queries = self.queries.shape[1]
        self.queries, self.carried = rows[:, :queries], rows[:, queries:]

    def _query_objects(self, layer: int) -> Tensor:
        if self.memory_objects is None or self.previous is None:
            return self.query_objects
        objects = self.query_objects.clone()
        objects[:, self.heads :] = self.memory_objects[layer]
        return objects

    def _query_valid(self) -> Tensor:
        valid = torch.ones(self.queries.shape[:2], dtype=torch.bool, device=self.queries.device)
        if self.has_previous is not None:
            valid[:, self.heads :] = self.has_previous[:, None]
        return valid


def build_sequence(
    decoder: TransformerDecoder, features: ImageFeatures, batch: PromptBatch
) -> Sequence:
    """Lay out the rows of a decoder call for B = images * per_image sequences."""
    device, count = features.mask_features.device, features.images * batch.per_image
    index, objects, groups, kinds = _query_rows(decoder, batch, device)
    content, pos = decoder.query_feat.weight[index], decoder.query_embed.weight[index]
    heads = len(index)
    if batch.previous is not None and "spatial" in groups:
        content = torch.cat((content, decoder.spatial_featured.weight))
        pos = torch.cat((pos, decoder.spatial_embed.weight))
        kinds += [Row.MEMORY] * decoder.config.memory_slots
        objects = F.pad(objects, (0, decoder.config.memory_slots))
    carried, carried_valid = _carried(batch, count, content)
    for kind, text in ((Row.TEXT, batch.text), (Row.AUDIO, batch.audio)):
        kinds += [kind] * (0 if text is None else text.tokens.shape[1])
    for kind, tokens in ((Row.POINT, batch.points), (Row.VISUAL, batch.visual)):
        kinds += [kind] * (0 if tokens is None else tokens.levels[0].shape[1])
    return Sequence(
        queries=content.expand(count, -1, -1),
        query_pos=pos.expand(count, -1, -1),
        groups=groups,
        heads=heads,
        carried=carried,
        carried_pos=carried,
        carried_valid=carried_valid,
        spatial=(batch.points, batch.visual),
        kinds=torch.tensor(kinds, dtype=torch.int64, device=device),
        query_objects=objects.expand(count, -1),
        previous=batch.previous,
        has_previous=batch.has_previous,
        memory_objects=None if batch.draws is None else batch.draws.memory,
    )


def _query_rows(
    decoder: TransformerDecoder, batch: PromptBatch, device: torch.device
) -> tuple[Tensor, Tensor, dict[str, slice], list[int]]:
    """Rows of ``query_feat`` for each group that runs, with their objects and kinds."""
    config = decoder.config
    ranges = {
        "object": (Row.OBJECT, config.object_queries),
        "grounding": (Row.GROUNDING, config.grounding_queries),
        "spatial": (Row.SPATIAL, config.spatial_queries),
        "reading": (Row.READING, config.reading_queries),
    }
    index, objects, groups, kinds = [], [], {}, []
    start = 0
    for name, (kind, (low, high)) in ranges.items():
        if name not in batch.groups:
            continue
        rows = torch.arange(low, high, device=device)
        owner = torch.zeros_like(rows)
        if name == "spatial" and batch.draws is not None:
            rows, owner = batch.draws.queries, batch.draws.objects
        index.append(rows)
        objects.append(owner)
        groups[name] = slice(start, start + len(rows))
        kinds += [kind] * len(rows)
        start += len(rows)
    return torch.cat(index), torch.cat(objects), groups, kinds


def _carried(batch: PromptBatch, count: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Text and audio tokens of the batch, (B, T, C) and valid (B, T)."""
    texts = [t for t in (batch.text, batch.audio) if t is not None]
    if not texts:
        valid = torch.zeros(count, 0, dtype=torch.bool, device=like.device)
        return like.new_zeros(count, 0, like.shape[-1]), valid
    tokens = torch.cat([t.tokens.to(like.dtype) for t in texts], 1)
    return tokens, torch.cat([t.valid for t in texts], 1)
