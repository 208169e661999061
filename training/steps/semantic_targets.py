"""What the semantic map should say: a class for every cell of a labelled view."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from seem_ros.model.semantic_map import STRIDE

FORMS = ("{}", "{}", "the {}", "a {}", "{}s")
UNKNOWN = -1


def cell_targets(
    labels: np.ndarray, names: Mapping[int, str | None], index: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Classes and weights of the cells of a view.

    Args:
        labels: (H, W) uint16 instance ids, 0 background, 65535 ignore.
        names: class name of each id, None where it is not known.
        index: row of each class name; their number stands for background.

    Returns:
        (H/8, W/8) int16 classes, -1 unknown, and float32 weights, by which every object
        counts alike but for the root of its size.
    """
    cells = labels[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    targets = np.full(cells.shape, len(index), np.int16)
    weights = np.full(cells.shape, 1 / math.sqrt(cells.size), np.float32)
    for instance in np.unique(cells):
        if instance == 0:
            continue
        inside, name = cells == instance, names.get(int(instance))
        targets[inside] = index.get(name, UNKNOWN) if name else UNKNOWN
        weights[inside] = 1 / math.sqrt(inside.sum())
    return targets, weights
