"""SEEM, Segment Everything Everywhere All at Once (Zou et al., NeurIPS 2023), in any size.

Three verbs: encode an image, encode texts, decode prompts. The model holds no state between
calls; who asks for what lies in :mod:`seem_ros.segmenter` and :mod:`seem_ros.tracker`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seem_ros.model.backbones import build_backbone
from seem_ros.model.config import PixelDecoderConfig, SeemConfig
from seem_ros.model.features import (
    ImageFeatures,
    PointSet,
    PromptBatch,
    QueryOutput,
    SpatialTokens,
    TextFeatures,
)
from seem_ros.model.pixel_decoder import TransformerFPN
from seem_ros.model.precision import halved
from seem_ros.model.semantic_map import SemanticMap
from seem_ros.model.text.language_encoder import LanguageEncoder
from seem_ros.model.transformer_decoder import TransformerDecoder


class _Head(nn.Module):
    """What follows the backbone, under the official names."""

    pixel_decoder: nn.Module
    predictor: TransformerDecoder
    semantic_map: SemanticMap


class Seem(nn.Module):
    """Image encoder, pixel decoder, transformer decoder and text encoder.

    Parameter names are the official ones: ``backbone``, ``sem_seg_head.pixel_decoder``,
    ``sem_seg_head.predictor``.

    Attributes:
        compute_type: in which images are encoded and prompts decoded, None for that of the
            weights, see precision.py.
    """

    def __init__(self, config: SeemConfig) -> None:
        super().__init__()
        self.config = config
        self.compute_type: torch.dtype | None = None
        self.backbone = build_backbone(config.backbone)
        dim = config.decoder.hidden_dim
        semantic = config.semantic_map
        language = LanguageEncoder(config.text, dim, semantic.embedding_dim if semantic else 0)
        self.sem_seg_head = _Head()
        self.sem_seg_head.pixel_decoder = build_pixel_decoder(
            config.pixel_decoder, self.backbone.out_channels
        )
        if semantic is not None:
            self.sem_seg_head.semantic_map = SemanticMap(semantic, self.backbone.out_channels)
        self.sem_seg_head.predictor = TransformerDecoder(
            config.decoder, config.pixel_decoder.mask_dim, language
        )

    @property
    def decoder(self) -> TransformerDecoder:
        """The transformer decoder."""
        return self.sem_seg_head.predictor

    @property
    def language(self) -> LanguageEncoder:
        """The text encoder."""
        return self.decoder.lang_encoder

    @property
    def semantic_map(self) -> SemanticMap:
        """The dense class head, of models that have one."""
        return self.sem_seg_head.semantic_map

    def encode_image(self, images: Tensor) -> ImageFeatures:
        """Compute all that prompts share about images.

        Args:
            images: (I, 3, H, W) float, normalised and padded as ``config.input`` says.
        """
        size = (images.shape[-2], images.shape[-1])
        if self.compute_type is None:
            return self.encode_maps(self.backbone(images), size)
        with halved(self.compute_type, images.device):
            features = self.encode_maps(self.backbone(images), size)
        return features.widened()

    def encode_maps(self, maps: list[Tensor], size: tuple[int, int]) -> ImageFeatures:
        """The same from backbone maps of a padded input of ``size`` (H, W)."""
        mask_features, levels = self.sem_seg_head.pixel_decoder(maps)
        features = self.decoder.prepare(mask_features, levels, size)
        if self.config.semantic_map is not None:
            features.semantic = self.semantic_map(maps)
        return features

    def encode_text(self, texts: list[str]) -> TextFeatures:
        """Encode texts as typed: tokens (N, T, C) and sentence (N, C), not normalised."""
        return self.language.encode(texts)

    def spatial_tokens(self, features: ImageFeatures, points: PointSet) -> SpatialTokens:
        """Turn points on an image (the current or a reference one) into prompt tokens."""
        return self.decoder.spatial_tokens(features, points)

    def decode(
        self, features: ImageFeatures, batch: PromptBatch, all_layers: bool = False
    ) -> dict[str, QueryOutput]:
        """Decode all prompts of a batch in one call, see :class:`PromptBatch`."""
        if self.compute_type is None:
            return self.decoder(features, batch, all_layers)
        with halved(self.compute_type, features.mask_features.device):
            outputs = self.decoder(features, batch, all_layers)
        return {name: output.widened() for name, output in outputs.items()}


def build_pixel_decoder(config: PixelDecoderConfig, in_channels: list[int]) -> nn.Module:
    """Build the pixel decoder that a configuration names."""
    if config.name == "transformer_fpn":
        return TransformerFPN(config, in_channels)
    from seem_ros.model.deformable_pixel_decoder import DeformablePixelDecoder

    return DeformablePixelDecoder(config, in_channels)
