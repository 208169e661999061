"""The commands with the stand-in for a model that knows colours."""

from __future__ import annotations

import sys
import types

import pytest

from support.flood_segmenter import FloodSegmenter


@pytest.fixture
def flood_model(monkeypatch):
    """Let the commands load the stand-in."""
    module = types.ModuleType("seem_ros.segmenter")

    def loaded(name, device="auto", input_size=0, library=None, second_eye=True):
        return FloodSegmenter()

    module.Segmenter = types.SimpleNamespace(from_pretrained=loaded)
    monkeypatch.setitem(sys.modules, "seem_ros.segmenter", module)
