"""The node's defaults are the tracker's, and what it loads with them says what it takes."""

from __future__ import annotations

import dataclasses
import re

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from seem_ros.ros.node.loaded_model import load_model, tracker_config
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.tracking.config import TrackerConfig


def test_the_node_tracks_by_the_trackers_own_defaults():
    assert tracker_config(NodeParameters()) == TrackerConfig()


def test_what_is_loaded_says_what_memory_it_takes(tmp_path):
    parameters = NodeParameters(device="cpu", second_eye=False, library_dir=str(tmp_path))
    whole = load_model(parameters)
    half = load_model(dataclasses.replace(parameters, precision="bf16"))
    megabytes = [
        int(re.match(r"(\d+) MB of weights, at most \d+ MB of this process$", each.footprint)[1])
        for each in (whole, half)
    ]
    assert megabytes[1] < megabytes[0]
