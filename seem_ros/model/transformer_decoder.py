"""SEEM's transformer decoder: queries, prompt tokens and memory slots over three levels.

Nine layers (official) of masked cross-attention to the image, self-attention between queries
and prompts under the visibility rules, and a feed-forward; after each, mask, class and
matching heads (SEEM section 3, Mask2Former section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.attention import (
    MLP,
    CrossAttentionLayer,
    FeedForwardLayer,
    SelfAttentionLayer,
)
from seem_ros.model.attention_layout import visibility, visibility_table
from seem_ros.model.config import DecoderConfig
from seem_ros.model.dense_prompts import DensePrompts
from seem_ros.model.features import (
    ImageFeatures,
    PointSet,
    PromptBatch,
    QueryOutput,
    SpatialTokens,
)
from seem_ros.model.mask_quality import MaskQuality
from seem_ros.model.position_encoding import sine_grid, sine_points
from seem_ros.model.precision import exact, widened
from seem_ros.model.sequence import Learned, Sequence, build_sequence
from seem_ros.model.spatial_prompts import mean_by_object, sample
from seem_ros.model.text.language_encoder import LanguageEncoder
from seem_ros.model.windows import OwnFeatures


@dataclass
class _MaskSource:
    """Mask features: shared ones, and each instance's own (dense prompts)."""

    shared: Tensor  # (I, M, h, w)
    own: OwnFeatures | None
    spatial: slice  # the query rows that use their own: answers, and other readings after them
    answers: int  # rows of them that are answers

    def logits(
        self, embedding: Tensor, own_embedding: Tensor | None, shared: Tensor | None = None
    ) -> Tensor:
        """Mask logits (B, Q, h, w) of mask embeddings (B, Q, M), on the grid of ``shared``.

        They are exact in half precision too: thresholds are compared with them.
        """
        with exact(embedding.device):
            own = None if own_embedding is None else widened(own_embedding)
            shared = self.shared if shared is None else shared
            return self._logits(widened(embedding), own, widened(shared))

    def _logits(self, embedding: Tensor, own_embedding: Tensor | None, shared: Tensor) -> Tensor:
        images, rows = shared.shape[0], embedding.shape[0] * embedding.shape[1]
        flat = embedding.reshape(images, rows // images, -1)
        out = (flat @ shared.flatten(2)).reshape(*embedding.shape[:2], *shared.shape[-2:])
        if self.own is None or own_embedding is None:
            return out
        # Resizing is linear: one map of logits costs less of it than all features do.
        own = self.own.logits(own_embedding)
        if own.shape[-2:] != out.shape[-2:]:
            own = F.interpolate(own, size=out.shape[-2:], mode="bilinear", align_corners=False)
        own = own + out[:, self.spatial]
        return torch.cat((out[:, : self.spatial.start], own, out[:, self.spatial.stop :]), 1)


class TransformerDecoder(nn.Module):
    """The ``predictor`` of official checkpoints."""

    def __init__(
        self, config: DecoderConfig, mask_dim: int, lang_encoder: LanguageEncoder
    ) -> None:
        super().__init__()
        self.config = config
        dim = config.hidden_dim
        count = range(config.layers)
        self.transformer_self_attention_layers = nn.ModuleList(
            SelfAttentionLayer(dim, config.heads) for _ in count
        )
        self.transformer_cross_attention_layers = nn.ModuleList(
            CrossAttentionLayer(dim, config.heads) for _ in count
        )
        self.transformer_ffn_layers = nn.ModuleList(
            FeedForwardLayer(dim, config.ffn_dim) for _ in count
        )
        self.decoder_norm = nn.LayerNorm(dim)
        self.query_feat = nn.Embedding(config.num_queries, dim)
        self.query_embed = nn.Embedding(config.num_queries, dim)
        self.level_embed = nn.Embedding(3, dim)
        self.lang_encoder = lang_encoder
        self.mask_embed = MLP(dim, dim, mask_dim)
        self.class_embed = nn.Parameter(torch.randn(dim, dim) * 0.02)
        self.mask_sptial_embed = nn.ParameterList(
            nn.Parameter(torch.randn(dim, dim) * 0.02) for _ in range(3)
        )
        self.spatial_embed = nn.Embedding(config.memory_slots, dim)
        self.spatial_featured = nn.Embedding(config.memory_slots, dim)
        self.pn_indicator = nn.Embedding(2, dim)
        if config.dense_prompts is not None:
            self.dense_prompts = DensePrompts(config.dense_prompts, dim, mask_dim)
        if config.reading_queries[1] > config.reading_queries[0]:
            self.quality = MaskQuality(dim)

    def prepare(
        self, mask_features: Tensor, levels: list[Tensor], size: tuple[int, int]
    ) -> ImageFeatures:
        """Compute everything about an image that no prompt changes."""
        out = ImageFeatures(mask_features, levels, size)
        for index, layer in enumerate(self.transformer_cross_attention_layers):
            assert isinstance(layer, CrossAttentionLayer)
            level = index % 3
            x = levels[level]
            pos = sine_grid(x.shape[-2], x.shape[-1], x.shape[1], x.device).to(x.dtype)
            source = x.flatten(2).transpose(1, 2) + self.level_embed.weight[level]
            out.keys_values.append(layer.multihead_attn.keys_values(source + pos, source))
        out.scaled_masks = [
            F.interpolate(mask_features, size=x.shape[-2:], mode="bilinear", align_corners=False)
            for x in levels
        ]
        if self.config.dense_prompts is not None:
            out.dense = self.dense_prompts.prepare(mask_features, levels)
        return out

    def spatial_tokens(self, features: ImageFeatures, points: PointSet) -> SpatialTokens:
        """Turn points into tokens, here or in a reference image.

        Args:
            features: of the image the points lie on.
            points: batch B.
        """
        corners = self.config.align_corners
        mean = sample(features.mask_features, points.yx, corners)
        mean = mean_by_object(mean, points, True, self.config.empty_mean)
        levels = []
        for index, x in enumerate(features.levels):
            token = sample(x + self.level_embed.weight[index][:, None, None], points.yx, corners)
            token = token @ self.mask_sptial_embed[index]
            token = token + self.pn_indicator.weight[(~points.positive).long()]
            if self.config.token_positions:
                token = token + sine_points(points.yx, token.shape[-1]).to(token.dtype)
            levels.append(token)
        count = len(levels)
        out = SpatialTokens(levels, mean, [points.valid] * count, [points.objects] * count)
        if self.config.dense_prompts is not None:
            out.dense = self.dense_prompts.pool(features.dense, points, corners)
        return out

    def sequence(self, features: ImageFeatures, batch: PromptBatch) -> Sequence:
        """Lay out the rows of a call."""
        learned = Learned(
            self.query_feat.weight,
            self.query_embed.weight,
            self.spatial_featured.weight,
            self.spatial_embed.weight,
        )
        return build_sequence(self.config, learned, features, batch)

    def visibility_table(self, device: torch.device) -> Tensor:
        """Which kinds of rows may attend to which, see :func:`visibility_table`."""
        return visibility_table(self.config, device)

    def forward(
        self, features: ImageFeatures, batch: PromptBatch, all_layers: bool = False
    ) -> dict[str, QueryOutput]:
        """Decode prompts on prepared images.

        Args:
            features: what :meth:`prepare` returned, I images.
            batch: I * per_image prompts.
            all_layers: also return low-resolution logits of every layer (training).

        Returns:
            Heads per query group that ran: "object", "grounding", "spatial", "reading".
        """
        sequence = self.sequence(features, batch)
        table = self.visibility_table(sequence.queries.device)
        masks = self._mask_source(features, batch, sequence)
        trace: list[Tensor] = []
        heads = sequence.heads
        for index in range(self.config.layers):
            level = index % 3
            _, embedding, own = self._embeddings(sequence.queries[:, :heads], masks)
            logits = masks.logits(embedding, own, features.scaled_masks[level])
            trace.append(logits)
            self._layer(index, features, sequence, table, logits)
        class_embedding, embedding, own = self._embeddings(sequence.queries[:, :heads], masks)
        logits = masks.logits(embedding, own)
        outputs = {
            name: QueryOutput(
                class_embedding[:, part],
                embedding[:, part],
                logits[:, part],
                [x[:, part] for x in trace] if all_layers else [],
                masks.own.norms if masks.own is not None and name == "spatial" else None,
            )
            for name, part in sequence.groups.items()
        }
        if "reading" in outputs:
            for name in ("spatial", "reading"):
                rows = self.decoder_norm(sequence.queries[:, sequence.groups[name]])
                outputs[name].quality = self.quality(rows, outputs[name].mask_logits)
        return outputs

    def _embeddings(self, x: Tensor, masks: _MaskSource) -> tuple[Tensor, Tensor, Tensor | None]:
        """Class and mask embeddings of query rows, and the one for an instance's own features."""
        x = self.decoder_norm(x)
        embedding = self.mask_embed(x)
        own = None
        if masks.own is not None:
            chosen = embedding[:, masks.spatial]
            own = self.dense_prompts.own_embedding(
                chosen[:, : masks.answers], chosen[:, masks.answers :]
            )
        return x @ self.class_embed, embedding, own

    def _mask_source(
        self, features: ImageFeatures, batch: PromptBatch, sequence: Sequence
    ) -> _MaskSource:
        own = None
        spatial = sequence.groups.get("spatial")
        answers = 0 if spatial is None else spatial.stop - spatial.start
        if spatial is not None and batch.planes is not None:
            own = self.dense_prompts(
                features.dense, batch.planes, batch.dense_means(), batch.windows
            )
        if spatial is not None and "reading" in sequence.groups:
            spatial = slice(spatial.start, sequence.groups["reading"].stop)
        return _MaskSource(features.mask_features, own, spatial or slice(0, 0), answers)

    def _layer(
        self,
        index: int,
        features: ImageFeatures,
        sequence: Sequence,
        table: Tensor,
        logits: Tensor,
    ) -> None:
        """Run one layer in place on the sequence."""
        allowed = logits.detach().flatten(2).sigmoid() >= 0.5
        memory = sequence.memory_mask(index, (logits.shape[-2], logits.shape[-1]))
        if memory is not None:
            allowed = torch.cat((allowed, memory), 1)
        allowed = allowed | ~allowed.any(-1, keepdim=True)
        queries = self.transformer_cross_attention_layers[index](
            sequence.queries, sequence.query_pos, features.keys_values[index], allowed
        )
        rows, pos, objects, valid = sequence.rows(index, queries)
        mask = visibility(table, sequence.kinds, objects, valid)
        # Tokens after the carried rows are taken anew in the next layer: they are only looked at.
        rows = self.transformer_self_attention_layers[index](rows, pos, mask, sequence.kept)
        rows = self.transformer_ffn_layers[index](rows)
        sequence.update(rows)
