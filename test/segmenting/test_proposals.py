"""Everything in a picture: things get a mask each, no pixel two of them, empty places none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.proposals import propose

SQUARES = {"red": (40, 60), "blue": (190, 100)}  # left upper corners (x, y), 80 pixels wide
COLOURS = {"red": (200, 30, 30), "blue": (40, 60, 210)}


def table() -> np.ndarray:
    """Two squares on a grey table of 240 x 320."""
    rng = np.random.default_rng(5)
    rgb = (rng.normal(150, 5, (240, 320, 1)) + np.zeros(3)).clip(0, 255).astype(np.uint8)
    for name, (x, y) in SQUARES.items():
        rgb[y : y + 80, x : x + 80] = COLOURS[name]
    return rgb


@pytest.fixture(scope="module")
def nano() -> Segmenter:
    return Segmenter.from_pretrained("nano", device="cpu")


def test_each_thing_is_an_object_and_each_pixel_has_one_owner(nano: Segmenter) -> None:
    labels, objects = nano.look(table()).everything()
    assert labels.shape == (240, 320)
    assert sorted(np.unique(labels[labels > 0])) == list(range(1, len(objects) + 1))
    for number, item in enumerate(objects, start=1):
        assert np.array_equal(item.mask, labels == number)
    for x, y in SQUARES.values():
        square = np.zeros((240, 320), bool)
        square[y : y + 80, x : x + 80] = True
        own = max(objects, key=lambda item: int((item.mask & square).sum())).mask
        assert (own & square).sum() / (own | square).sum() > 0.9


def test_proposals_share_no_cell_and_the_surest_come_first(nano: Segmenter) -> None:
    with torch.inference_mode():
        found = propose(nano.look(table()), None)
    assert [each.weight for each in found] == sorted((e.weight for e in found), reverse=True)
    covered = sum(each.match.mask.cells.int() for each in found)
    assert int(covered.max()) == 1


def test_an_even_picture_is_one_thing_at_most(nano: Segmenter) -> None:
    labels, objects = nano.look(np.full((120, 160, 3), 128, np.uint8)).everything()
    assert len(objects) <= 1
    assert not any(item.class_name for item in objects)
    assert labels.max() == len(objects)
