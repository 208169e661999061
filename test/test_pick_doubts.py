"""What the pick client does not let a gripper believe."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

CLIENT = Path(__file__).parents[1] / "examples" / "pick_client.py"


@pytest.fixture(scope="module")
def client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pick_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _mask(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((80, 160), np.uint8)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = 255
    return mask


ONE, FAR = (10, 20, 50, 60), (120, 20, 150, 50)
SIZE = {"size": [0.1, 0.1, 0.2]}


@pytest.mark.parametrize(
    ("score", "boxes", "box", "told"),
    [
        (0.9, [ONE], SIZE, ""),
        (0.9, [ONE], None, ""),
        (0.5, [ONE], SIZE, "its score 0.50 is below 0.65"),
        (0.9, [ONE, FAR], SIZE, "its mask is in 2 pieces far from each other"),
        (0.9, [ONE], {"size": [0.1, 2.5, 0.2]}, "its box is 2.50 m long"),
    ],
)
def test_doubts(client, score, boxes, box, told) -> None:
    record = {"score": score, "box_3d": box}
    assert client.doubt(record, _mask(*boxes), 0.65, 1.0) == told
