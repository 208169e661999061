"""A drawn scene of a red and a blue thing, and what tests of the tracker ask of its answers."""

from __future__ import annotations

from seem_ros.instances import Instance
from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker
from support.flood_segmenter import draw_scene

SECOND = 1_000_000_000
STEP = SECOND // 10
RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)
SCENE = draw_scene([("red", RED), ("blue", BLUE)])
CLICK_RED = Prompt(points=[(20, 20, 1)], id="red")
CLICK_BLUE = Prompt(points=[(100, 80, 1)], id="blue")


def shifted(box: tuple[int, int, int, int], dx: int, dy: int = 0) -> tuple[int, int, int, int]:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def only(instances: list[Instance]) -> Instance:
    assert len(instances) == 1
    return instances[0]


def code(tracker: Tracker) -> str:
    return tracker.reports[-1].code
