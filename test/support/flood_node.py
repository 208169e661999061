"""seem_node as a process of its own, with the flood segmenter in the model's place."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from seem_ros.ros.node import seem_node
from seem_ros.ros.node.loaded_model import LoadedModel, tracker_config
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodSegmenter


def load(parameters: NodeParameters) -> LoadedModel:
    """Return a model that needs no weights."""
    segmenter = FloodSegmenter()
    return LoadedModel(segmenter, Tracker(segmenter, tracker_config(parameters)), "flood", "cpu")


if __name__ == "__main__":
    seem_node.SeemNode = functools.partial(seem_node.SeemNode, load)
    seem_node.main()
