"""Pictures of results for people to look at."""

from __future__ import annotations

import numpy as np

from seem_ros.instances import Instance, box_of
from seem_ros.visualize.overlay import draw_overlay


def painted(rgb: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return a picture with an (H, W) label image drawn on it."""
    instances = []
    for instance_id in (int(i) for i in np.unique(labels) if i):
        mask = labels == instance_id
        instances.append(Instance(instance_id, score=1.0, mask=mask, box=box_of(mask)))
    return draw_overlay(rgb, instances)
