"""The demo's script: when which prompt is given, as an operator who looks at the picture would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.demo.footage import Clip
from seem_ros.instances import box_of
from seem_ros.prompts import Mode, Prompt

Point = tuple[float, float]

# Meshes of the bundled clip, see its truth.json; a second mug stands beside the red one.
RED_MUG, BANANA, CUBE = "contactdb/mug", "contactdb/banana", "rubix2"
BOTTLE = "contactdb/waterbottle"
HIDDEN_M = 0.3
"""The refused 3-D click lies so far behind what the camera sees."""


@dataclass(frozen=True, eq=False)
class OperatorView:
    """What the operator sees when a cue comes.

    Attributes:
        truth: (H, W) label image of what is there; None for photographs.
        labels: (H, W) label image of the node.
        ids: instance ids by the name of the cue that made them.
        depth_m: (H, W) metres along the optical axis, 0 unknown; None where there is none.
        intrinsics: (3, 3) camera matrix, pixels; None where it is unknown.

    """

    truth: np.ndarray | None
    labels: np.ndarray
    ids: Mapping[str, int]
    depth_m: np.ndarray | None = None
    intrinsics: np.ndarray | None = None


@dataclass(frozen=True)
class SpatialClick:
    """A click in space, as RViz's Publish Point tool gives it; in the camera's optical frame.

    Attributes:
        x, y, z: metres, x right, y down, z forward.

    """

    x: float
    y: float
    z: float


@dataclass(frozen=True, eq=False)
class Cue:
    """One line of the script.

    Attributes:
        name: says in the table and on the contact sheet what is done; unique.
        make: returns the prompt, or the click in space, for what is seen.
        frame: it is given after this frame.
        truth_id: id of the meant object in the truth; 0 where it is unknown or not there.

    """

    name: str
    make: Callable[[OperatorView], Prompt | SpatialClick]
    frame: int = 0
    truth_id: int = 0


def clip_cues(clip: Clip) -> list[Cue]:
    """Return the script of the clip: click, box, negative click, texts, clicks in space.

    All come in frames that have depth; two must fail: a name and a point that cannot be seen.
    """
    mug, banana, cube, bottle = (clip.id_of(mesh) for mesh in (RED_MUG, BANANA, CUBE, BOTTLE))
    return [
        Cue("click on the red mug", lambda view: _click(view, mug, "red mug"), 0, mug),
        Cue("box around the banana", lambda view: _box(view, banana, "banana"), 6, banana),
        Cue("negative click beside the mug", _negative_click(mug), 12, mug),
        Cue('text "rubik\'s cube"', lambda view: Prompt(text="rubik's cube"), 18, cube),
        Cue('text "elephant"', lambda view: Prompt(text="elephant"), 24),
        Cue("3-D click on the bottle", lambda view: _spatial_click(view, bottle), 30, bottle),
        Cue(
            "3-D click behind the bottle", lambda view: _spatial_click(view, bottle, HIDDEN_M), 33
        ),
    ]


def photograph_cues() -> dict[str, list[Cue]]:
    """Return the script of the photographs by file name; their truth is not known."""

    def click(x: float, y: float) -> Callable[[OperatorView], Prompt]:
        return lambda view: Prompt(points=[(x, y, 1)])

    def box(x0: float, y0: float, x1: float, y1: float) -> Callable[[OperatorView], Prompt]:
        return lambda view: Prompt(boxes=[(x0, y0, x1, y1)])

    def text(words: str) -> Callable[[OperatorView], Prompt]:
        return lambda view: Prompt(text=words)

    return {
        "astronaut.png": [
            Cue("astronaut: click on the suit", click(250, 380)),
            Cue('astronaut: text "person"', text("person")),
        ],
        "coffee.png": [
            Cue("coffee: box around the cup", box(160, 40, 455, 320)),
            Cue('coffee: text "spoon"', text("spoon")),
        ],
        "chelsea.png": [
            Cue("chelsea: click on the cat", click(230, 130)),
            Cue('chelsea: text "cat"', text("cat")),
        ],
        "rocket.jpg": [Cue("rocket: box around the rocket", box(300, 120, 345, 370))],
    }


def inner_point(mask: np.ndarray) -> Point:
    """Return the pixel (x, y) of a (H, W) bool mask that is farthest from its edge.

    Raises:
        ValueError: the mask is empty.

    """
    if not mask.any():
        raise ValueError("there is nothing to click on in an empty mask")
    padded = np.pad(mask.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), mask.shape)
    return float(column), float(row)


def _click(view: OperatorView, truth_id: int, label: str) -> Prompt:
    x, y = inner_point(_true_mask(view, truth_id))
    return Prompt(points=[(x, y, 1)], label=label)


def _box(view: OperatorView, truth_id: int, label: str) -> Prompt:
    return Prompt(boxes=[box_of(_true_mask(view, truth_id))], label=label)


def _spatial_click(view: OperatorView, truth_id: int, behind_m: float = 0.0) -> SpatialClick:
    """Click on a thing in space, or so far behind it on the same ray."""
    if view.depth_m is None or view.intrinsics is None:
        raise ValueError("a click in space needs a picture with depth and a known camera")
    x, y = inner_point(_true_mask(view, truth_id))
    z = float(view.depth_m[int(y), int(x)]) + behind_m
    (fx, _, cx), (_, fy, cy), _ = view.intrinsics
    return SpatialClick(float((x - cx) / fx * z), float((y - cy) / fy * z), z)


def _negative_click(truth_id: int) -> Callable[[OperatorView], Prompt]:
    """Click where the mask went too far, or just beside the object if it did not."""

    def make(view: OperatorView) -> Prompt:
        instance_id = view.ids["click on the red mug"]
        truth = _true_mask(view, truth_id)
        wrong = (view.labels == instance_id) & ~truth
        if not wrong.any():
            wide = cv2.dilate(truth.astype(np.uint8), np.ones((31, 31), np.uint8))
            wrong = (wide > 0) & ~truth
        x, y = inner_point(wrong)
        return Prompt(points=[(x, y, 0)], mode=Mode.REFINE, instance_id=instance_id)

    return make


def _true_mask(view: OperatorView, truth_id: int) -> np.ndarray:
    if view.truth is None:
        raise ValueError("this cue needs a picture whose truth is known")
    return view.truth == truth_id
