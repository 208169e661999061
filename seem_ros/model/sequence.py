"""The decoder's sequence: query groups, memory slots and prompt tokens, and their bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.attention_layout import Row
from seem_ros.model.config import DecoderConfig
from seem_ros.model.features import ImageFeatures, PromptBatch, SpatialTokens


class Learned(NamedTuple):
    """Learned rows of a decoder, content and position, each (rows, C)."""

    queries: Tensor
    query_pos: Tensor
    memory: Tensor
    memory_pos: Tensor


@dataclass
class Sequence:
    """Rows of one decoder call.

    Query rows (object, grounding, spatial, memory) attend to the image; token rows (text,
    point, visual) only to other rows. Text tokens are carried from layer to layer, point and
    visual tokens are taken anew from the layer's level.

    Attributes:
        queries, query_pos: (B, Q, C).
        groups: query group -> its slice of the queries.
        heads: number of leading query rows that have heads (all but memory slots).
        carried, carried_pos: (B, T, C) text tokens.
        carried_valid: (B, T) bool.
        spatial: (points, visual) tokens in this order, None where absent.
        kinds: (L,) kinds of all rows in order.
        query_objects: (B, Q) object of each query row.
        previous: (B, N, h, w) logits of the last round, with ``has_previous`` (B,).
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

    def memory_mask(self, layer: int, size: tuple[int, int]) -> Tensor | None:
        """Attention mask (B, slots, h * w) of the memory slots, True = may attend."""
        slots = self.queries.shape[1] - self.heads
        if self.previous is None or slots == 0:
            return None
        mask = F.interpolate(self.previous, size=size, mode="bilinear", align_corners=False)
        mask = mask.flatten(2).sigmoid() >= 0.5
        return mask[:, :1].expand(-1, slots, -1)

    def rows(self, layer: int, queries: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Collect all rows for self-attention: content, position, object, valid."""
        level = layer % 3
        batch = queries.shape[0]
        content, pos = [queries, self.carried], [self.query_pos, self.carried_pos]
        objects = [self.query_objects, torch.zeros_like(self.carried_valid).long()]
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

    def _query_valid(self) -> Tensor:
        valid = torch.ones(self.queries.shape[:2], dtype=torch.bool, device=self.queries.device)
        if self.has_previous is not None:
            valid[:, self.heads :] = self.has_previous[:, None]
        return valid


def build_sequence(
    config: DecoderConfig, learned: Learned, features: ImageFeatures, batch: PromptBatch
) -> Sequence:
    """Lay out the rows of a decoder call for B = images * per_image sequences."""
    device, count = features.mask_features.device, features.images * batch.per_image
    index, groups, kinds = _query_rows(config, batch)
    content, pos, heads = learned.queries[index], learned.query_pos[index], len(index)
    if batch.previous is not None and "spatial" in groups:
        content = torch.cat((content, learned.memory))
        pos = torch.cat((pos, learned.memory_pos))
        kinds += [Row.MEMORY] * len(learned.memory)
    objects = torch.zeros(count, len(content), dtype=torch.int64, device=device)
    carried = content.new_zeros(count, 0, content.shape[-1])
    carried_valid = torch.zeros(count, 0, dtype=torch.bool, device=device)
    if batch.text is not None:
        carried, carried_valid = batch.text.tokens.to(content.dtype), batch.text.valid
    kinds += [Row.TEXT] * carried.shape[1]
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
        query_objects=objects,
        previous=batch.previous,
        has_previous=batch.has_previous,
    )


def _query_rows(
    config: DecoderConfig, batch: PromptBatch
) -> tuple[list[int], dict[str, slice], list[int]]:
    """Learned rows of each group that runs, where the group lies, and the kinds of its rows."""
    ranges = {
        "object": (Row.OBJECT, config.object_queries),
        "grounding": (Row.GROUNDING, config.grounding_queries),
        "spatial": (Row.SPATIAL, config.spatial_queries),
        "reading": (Row.READING, config.reading_queries),
    }
    index: list[int] = []
    kinds: list[int] = []
    groups = {}
    for name, (kind, (low, high)) in ranges.items():
        if name in batch.groups:
            groups[name] = slice(len(index), len(index) + high - low)
            index += range(low, high)
            kinds += [kind] * (high - low)
    return index, groups, kinds
