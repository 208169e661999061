"""What flows between the parts of SEEM: features of images, texts and prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from seem_ros.model.precision import widened
from seem_ros.model.windows import Window

STRIDE = 4  # pixels of the padded input along a cell of masks and planes


@dataclass
class ImageFeatures:
    """Features of a batch of images, computed once and shared by all prompts.

    Attributes:
        mask_features: (I, M, H/4, W/4).
        levels: context maps of strides 32, 16, 8, each (I, C, h, w).
        size: (H, W) of the padded input, pixels.
        keys_values: per decoder layer the projected keys and values.
        scaled_masks: mask features resized to each level, for attention masks.
        dense: projections that dense prompts share, empty without them.
        semantic: (I, E, H/8, W/8) unit class embeddings, None without a semantic map.
    """

    mask_features: Tensor
    levels: list[Tensor]
    size: tuple[int, int]
    keys_values: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    scaled_masks: list[Tensor] = field(default_factory=list)
    dense: list[Tensor] = field(default_factory=list)
    semantic: Tensor | None = None

    @property
    def images(self) -> int:
        """Number of images in the batch."""
        return self.mask_features.shape[0]

    @property
    def class_map(self) -> Tensor:
        """(E, H/8, W/8) class embeddings of the only image, of a model with a semantic map."""
        assert self.semantic is not None
        return self.semantic[0]

    def widened(self) -> ImageFeatures:
        """Return the same in single precision, but for what only attention reads."""
        return replace(
            self,
            mask_features=widened(self.mask_features),
            levels=[widened(x) for x in self.levels],
            scaled_masks=[widened(x) for x in self.scaled_masks],
            dense=[widened(x) for x in self.dense],
            semantic=None if self.semantic is None else widened(self.semantic),
        )

    def detach(self) -> ImageFeatures:
        """Return the same features cut from the autograd graph."""
        return replace(
            self,
            mask_features=self.mask_features.detach(),
            levels=[x.detach() for x in self.levels],
            keys_values=[(k.detach(), v.detach()) for k, v in self.keys_values],
            scaled_masks=[x.detach() for x in self.scaled_masks],
            dense=[x.detach() for x in self.dense],
        )


@dataclass
class TextFeatures:
    """Projected text.

    Attributes:
        tokens: (N, T, C), one row per text.
        valid: (N, T) bool, False for padding.
        sentence: (N, C), not normalised.
        meaning: (N, W), the sentence before the projection, for a semantic map.
    """

    tokens: Tensor
    valid: Tensor
    sentence: Tensor
    meaning: Tensor | None = None

    def __getitem__(self, rows: Tensor | slice) -> TextFeatures:
        meaning = None if self.meaning is None else self.meaning[rows]
        return TextFeatures(self.tokens[rows], self.valid[rows], self.sentence[rows], meaning)


@dataclass
class PointSet:
    """Points of spatial prompts on the padded input.

    Attributes:
        yx: (B, P, 2) float, row and column divided by the padded height and width.
        positive: (B, P) bool, object or background.
        valid: (B, P) bool, False for padding.
        objects: (B, P) int64, object of the sequence (all 0 when a sequence is one object).
        count: objects per sequence.
    """

    yx: Tensor
    positive: Tensor
    valid: Tensor
    objects: Tensor
    count: int = 1

    @classmethod
    def of(cls, yx: Tensor, positive: Tensor, valid: Tensor | None = None) -> PointSet:
        """Build a set of one object per sequence."""
        valid = torch.ones_like(positive) if valid is None else valid
        return cls(yx, positive, valid, torch.zeros_like(positive, dtype=torch.int64))

    def to(self, device: torch.device) -> PointSet:
        """Return the same points on another device."""
        yx, positive, valid, objects = (
            x.to(device) for x in (self.yx, self.positive, self.valid, self.objects)
        )
        return PointSet(yx, positive, valid, objects, self.count)


@dataclass
class SpatialTokens:
    """Features sampled at points, in the image itself or in a reference image.

    Attributes:
        levels: per context level (B, P, C).
        mean: (B, N, M) mean mask feature of the positive points of each object.
        valid: per level (B, P) bool.
        objects: per level (B, P) int64.
        dense: what dense prompts compare with: per scale (B, 2, c), positive and negative mean.
    """

    levels: list[Tensor]
    mean: Tensor
    valid: list[Tensor]
    objects: list[Tensor]
    dense: list[Tensor] = field(default_factory=list)


@dataclass
class PromptBatch:
    """Prompts of one decoder call: B = images * per_image sequences, adjacent per image.

    Attributes:
        groups: which query groups run: "object", "grounding", "spatial", and with the last
            also "reading".
        points, visual: tokens of the image itself and of a reference image.
        text: batch B.
        previous: (B, N, h, w) mask logits of the last round, with ``has_previous`` (B,) bool.
        planes: (B, 4, H/4, W/4) float, positive, negative, previous mask, box (dense prompts).
        windows: where dense prompts look for each sequence of one image, None = everywhere.
    """

    per_image: int
    groups: tuple[str, ...]
    points: SpatialTokens | None = None
    visual: SpatialTokens | None = None
    text: TextFeatures | None = None
    previous: Tensor | None = None
    has_previous: Tensor | None = None
    planes: Tensor | None = None
    windows: Sequence[Window | None] = ()

    def dense_means(self) -> list[Tensor]:
        """Pooled features for dense prompts: of own points, plus those of a reference."""
        sources = [t.dense for t in (self.points, self.visual) if t is not None and t.dense]
        return [torch.stack(scale).sum(0) for scale in zip(*sources, strict=True)]


@dataclass
class QueryOutput:
    """Heads of one query group.

    Attributes:
        class_embedding: (B, Q, C), to compare with text.
        mask_embedding: (B, Q, M).
        mask_logits: (B, Q, H/4, W/4).
        level_logits: training only: per layer (B, Q, h, w) at the next level's size.
        norms: (B, K, G, 2) statistics to look through windows with, of dense prompts.
        quality: (B, Q) logit of the IoU that a mask is expected to have, where readings run.
    """

    class_embedding: Tensor
    mask_embedding: Tensor
    mask_logits: Tensor
    level_logits: list[Tensor] = field(default_factory=list)
    norms: Tensor | None = None
    quality: Tensor | None = None

    def widened(self) -> QueryOutput:
        """Return the same in single precision."""
        return replace(
            self,
            class_embedding=widened(self.class_embedding),
            mask_embedding=widened(self.mask_embedding),
            mask_logits=widened(self.mask_logits),
            norms=None if self.norms is None else widened(self.norms),
            quality=None if self.quality is None else widened(self.quality),
        )
