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


@pytest.fixture
def robot(tmp_path, monkeypatch, flood_model):
    """A working folder with a recording of five images, as a folder and as a single file."""
    from support.robot_bags import TOPIC, raw, record

    monkeypatch.chdir(tmp_path)
    record(tmp_path / "robot", {TOPIC: [raw(index) for index in range(5)]})
    (tmp_path / "robot.mcap").write_bytes((tmp_path / "robot" / "robot.mcap").read_bytes())
    return tmp_path
