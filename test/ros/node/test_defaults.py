"""The node's defaults are the tracker's."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from seem_ros.ros.node.loaded_model import tracker_config
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.tracking.config import TrackerConfig


def test_the_node_tracks_by_the_trackers_own_defaults():
    assert tracker_config(NodeParameters()) == TrackerConfig()
