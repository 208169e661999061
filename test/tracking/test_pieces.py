"""Pieces of a mask that can be one thing, and those that cannot."""

from __future__ import annotations

import numpy as np

from seem_ros.tracking.memory import Memory, MemoryBank
from seem_ros.tracking.pieces import far_pieces, one_thing, pieces_of


def _mask(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((80, 160), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


THING, FAR, NEAR = (10, 20, 50, 60), (120, 20, 140, 40), (55, 20, 65, 60)


def test_one_piece_stays_the_very_mask() -> None:
    mask = _mask(THING)
    assert one_thing(mask, None) is mask
    assert far_pieces(mask) == 0
    assert pieces_of(_mask()) == []


def test_a_far_piece_goes_and_a_near_one_stays() -> None:
    mask = _mask(THING, NEAR, FAR)
    assert np.array_equal(one_thing(mask, None), _mask(THING, NEAR))
    assert far_pieces(mask) == 1
    near = _mask(THING, NEAR)
    assert one_thing(near, None) is near
    assert far_pieces(near) == 0


def test_a_chain_of_near_pieces_is_one_thing() -> None:
    mask = _mask((10, 20, 50, 60), (65, 20, 105, 60), (120, 20, 150, 60))
    assert one_thing(mask, None) is mask


def test_the_piece_that_looks_like_the_thing_is_kept_though_it_is_smaller() -> None:
    mask = _mask(THING, FAR)
    alike = np.full((8, 16), -0.5, np.float32)
    alike[:, 12:] = 0.5
    assert np.array_equal(one_thing(mask, alike), _mask(FAR))
    assert np.array_equal(one_thing(mask, np.zeros((8, 16), np.float32)), _mask(THING))


def test_likeness_to_what_was_shown_forgets_what_came_later() -> None:
    red, blue = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    bank = MemoryBank().remember(Memory(0, True, 1.0, red, None))
    bank = bank.remember(Memory(1, False, 1.0, blue, None))
    assert bank.likeness(blue) == 1.0
    assert bank.prompted_likeness(blue) == 0.0
    assert MemoryBank().prompted_likeness(blue) == 1.0
