"""Configuration of SEEM: one dataclass per part, the same for every size.

The official checkpoints and ``nano`` differ only here. A configuration comes from
``config/models/<name>.yaml`` or from the metadata of a safetensors checkpoint.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Literal

Layout = Literal["demo", "v0", "v1"]


@dataclass(frozen=True)
class BackboneConfig:
    """Image encoder: a registered name and its own options."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PixelDecoderConfig:
    """Feature pyramid from backbone maps to mask features (SEEM section 3.1)."""

    name: Literal["transformer_fpn", "deformable"] = "transformer_fpn"
    conv_dim: int = 512
    fine_dim: int = 512  # channels of the stride-4 level
    mask_dim: int = 512
    encoder_layers: int = 6
    heads: int = 8
    ffn_dim: int = 2048
    norm_groups: int = 32


@dataclass(frozen=True)
class DensePromptConfig:
    """Prompt planes convolved into the mask features of one instance (not in the paper)."""

    coarse_dim: int = 96  # stride 16
    middle_dim: int = 64  # stride 8
    fine_dim: int = 24  # stride 4
    reading_dim: int = 0  # stride 4, for other readings of a prompt alone
    dilations: tuple[int, ...] = (1, 2, 4, 1)
    norm_groups: int = 8


@dataclass(frozen=True)
class SemanticMapConfig:
    """Class embeddings of every pixel, compared with text (not in the paper)."""

    dim: int = 128
    embedding_dim: int = 128
    norm_groups: int = 8


@dataclass(frozen=True)
class RecogniserConfig:
    """ImageNet classifier that finds things by words (not in the paper)."""

    variant: str = "lite2"
    groups: int = 0  # everyday names that stand for several classes
    picture_size: int = 512  # longer side, pixels, where it looks everywhere
    cut_out_size: int = 260  # side of a square, pixels


@dataclass(frozen=True)
class DetectorConfig:
    """Detector of everyday things that finds them by words (not in the paper)."""

    classes: int = 80
    names: int = 0  # names for the classes, several may mean one
    picture_size: int = 512  # longer side, pixels, to which smaller pictures are enlarged
    largest_size: int = 640  # the same, to which larger ones are reduced


@dataclass(frozen=True)
class RefinerConfig:
    """Network that makes masks exact on cut-outs of the picture (not in the paper)."""

    widths: tuple[int, int, int, int] = (16, 32, 48, 64)  # at 1/2, 1/4, 1/8, 1/16 of a cut-out
    size: int = 128  # side of a cut-out, pixels


@dataclass(frozen=True)
class DecoderConfig:
    """Transformer decoder with object, grounding and spatial queries.

    ``*_queries`` are half-open ranges of rows of ``query_feat``; the official models use all
    101 rows for every role.
    """

    hidden_dim: int = 512
    heads: int = 8
    layers: int = 9
    ffn_dim: int = 2048
    num_queries: int = 101
    object_queries: tuple[int, int] = (0, 101)
    grounding_queries: tuple[int, int] = (0, 101)
    spatial_queries: tuple[int, int] = (0, 101)
    reading_queries: tuple[int, int] = (0, 0)  # other readings of a prompt; ours, after spatial
    memory_slots: int = 32
    layout: Layout = "v1"
    spatial_sees_text: bool = True
    grounding_sees_points: bool = False
    max_points: int = 512
    align_corners: bool = True  # how official weights sample features at points
    token_positions: bool = False  # add the sine encoding of its place to each point token
    empty_mean: float = -1.0  # mean query of an empty point set: 0 in demo/v0, -1 in v1
    dense_prompts: DensePromptConfig | None = None


@dataclass(frozen=True)
class TextConfig:
    """Text encoder: CLIP's transformer or MiniLM, and the projection after it."""

    name: Literal["clip", "minilm"] = "clip"
    width: int = 512
    layers: int = 12
    heads: int = 8
    ffn_dim: int = 2048
    context_length: int = 77
    vocabulary_size: int = 49408
    templates: bool = True


@dataclass(frozen=True)
class InputConfig:
    """Resizing, normalisation (per RGB channel, 0..255) and padding of images."""

    side: Literal["short", "long"] = "short"
    size: int = 512
    max_size: int = 0  # cap of the other side, 0 = none
    multiple: int = 32
    fixed_size: int = 0  # pad to exactly this square (SAM's ViT), 0 = off
    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    resample: Literal["bicubic", "bilinear"] = "bicubic"


@dataclass(frozen=True)
class SeemConfig:
    """One SEEM model."""

    name: str
    backbone: BackboneConfig
    pixel_decoder: PixelDecoderConfig = PixelDecoderConfig()
    decoder: DecoderConfig = DecoderConfig()
    text: TextConfig = TextConfig()
    semantic_map: SemanticMapConfig | None = None
    recogniser: RecogniserConfig | None = None
    detector: DetectorConfig | None = None
    refiner: RefinerConfig | None = None
    input: InputConfig = InputConfig()
    vocabulary: tuple[str, ...] = ()  # default class names, empty = COCO panoptic
    thresholds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the configuration as JSON, for the metadata of a checkpoint."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> SeemConfig:
        """Rebuild a configuration written by :meth:`to_json`."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SeemConfig:
        """Build from nested dictionaries (YAML or JSON).

        Raises:
            ValueError: a key that no part knows, or a missing one, by name.
        """
        data = dict(data)
        parts = {
            "backbone": BackboneConfig,
            "pixel_decoder": PixelDecoderConfig,
            "decoder": DecoderConfig,
            "text": TextConfig,
            "semantic_map": SemanticMapConfig,
            "recogniser": RecogniserConfig,
            "detector": DetectorConfig,
            "refiner": RefinerConfig,
            "input": InputConfig,
        }
        for key, part in parts.items():
            if data.get(key) is not None:
                data[key] = _build(part, data[key], key)
        return _build(cls, data, "model")


def _build(part: type, data: dict[str, Any], where: str) -> Any:
    known = {f.name for f in dataclasses.fields(part)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise ValueError(f"{where}: unknown configuration key(s) {', '.join(unknown)}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    dense = values.get("dense_prompts")
    if isinstance(dense, dict):
        values["dense_prompts"] = _build(DensePromptConfig, dense, where)
    try:
        return part(**values)
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from None
