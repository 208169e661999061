"""Image encoders by name: RGB in, four maps of strides 4, 8, 16, 32 out."""

from __future__ import annotations

from typing import Any

from seem_ros.model.backbones.backbone import Backbone
from seem_ros.model.config import BackboneConfig


def build_backbone(config: BackboneConfig) -> Backbone:
    """Build the backbone that the configuration names.

    Raises:
        ValueError: no backbone has that name, or it lacks one of the options.
    """
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in config.options.items()}
    try:
        return _build(config.name, options)
    except TypeError as error:
        raise ValueError(f"backbone {config.name}: {error}") from None


def _build(name: str, options: dict[str, Any]) -> Backbone:
    if name == "efficientnet_lite":
        from seem_ros.model.backbones.efficientnet_lite import EfficientNetLite

        return EfficientNetLite(**options)
    if name == "focalnet":
        from seem_ros.model.backbones.focalnet import FocalNet, FocalNetConfig

        return FocalNet(FocalNetConfig(**options))
    if name == "sam_vit":
        from seem_ros.model.backbones.sam_vit import SamVit, SamVitConfig

        return SamVit(SamVitConfig(**options))
    raise ValueError(
        f"unknown backbone {name!r}: known are efficientnet_lite, focalnet and sam_vit"
    )
