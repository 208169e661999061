"""Configurations: from YAML, through JSON, with clear errors."""

from __future__ import annotations

import pytest

from seem_ros.model.checkpoints import load_config
from seem_ros.model.config import SeemConfig
from support.tiny_seem import TINY


def test_json_keeps_everything() -> None:
    config = load_config("nano")
    assert SeemConfig.from_json(config.to_json()) == config
    assert config.decoder.dense_prompts is not None
    assert config.decoder.object_queries == (0, 40)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ValueError, match="decoder: unknown configuration key.* hiden_dim"):
        SeemConfig.from_dict({**TINY, "decoder": {"hiden_dim": 3}})


def test_a_missing_backbone_is_named() -> None:
    with pytest.raises(ValueError, match="backbone"):
        SeemConfig.from_dict({"name": "x"})
