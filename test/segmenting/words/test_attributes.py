"""Which of several masks a phrase means."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.prompts.phrases import parse_phrase
from seem_ros.segmenting.words.attributes import colour_share, resolve


def _scene() -> tuple[np.ndarray, list[np.ndarray]]:
    """Four squares from left to right: red, blue (large), red (low), green."""
    rgb = np.full((100, 200, 3), 128, np.uint8)
    masks = []
    squares = (
        ((200, 30, 30), 10, 10, 20),
        ((30, 50, 200), 10, 50, 30),
        ((210, 40, 30), 70, 100, 20),
        ((40, 170, 50), 10, 150, 22),
    )
    for colour, top, left, size in squares:
        mask = np.zeros((100, 200), bool)
        mask[top : top + size, left : left + size] = True
        rgb[mask] = colour
        masks.append(mask)
    return rgb, masks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cup", [0, 1, 2, 3]),
        ("red cup", [0, 2]),
        ("blue cup", [1]),
        ("pink cup", []),
        ("left cup", [0]),
        ("the red cup on the right", [2]),
        ("third cup from the left", [2]),
        ("second cup from the right", [2]),
        ("last cup", [3]),
        ("fifth cup", []),
        ("bottom cup", [2]),
        ("the biggest cup", [1]),
        ("2 cups", [0, 1]),
        ("all red cups", [0, 2]),
        ("two cups on the right", [2, 3]),
        ("all big cups", [1]),
    ],
)
def test_attributes_choose(text: str, expected: list[int]) -> None:
    rgb, masks = _scene()
    assert resolve(parse_phrase(text), rgb, masks) == expected


def test_the_middle_one_is_nearest_to_the_mean() -> None:
    rgb, masks = _scene()
    assert resolve(parse_phrase("middle cup"), rgb, masks[:3]) == [1]


def test_the_share_of_a_colour_is_counted() -> None:
    rgb, masks = _scene()
    half = masks[0] | np.roll(masks[0], 20, axis=0)
    assert colour_share(rgb, half, "red") == pytest.approx(0.5)
