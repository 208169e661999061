"""Memory banks, appearance, overlaps and impostors."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.segmenting.colouring import describe, similarity
from seem_ros.tracking.identity import divide, impostors, resolve_overlaps
from seem_ros.tracking.memory import Memory, MemoryBank
from seem_ros.tracking.recall import interior_points


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def coloured(colour: tuple[int, int, int]) -> np.ndarray:
    rgb = np.full((60, 80, 3), 128, np.uint8)
    rgb[rectangle(10, 10, 30, 40)] = colour
    return rgb


def memory(stamp: int, prompted: bool = False, colour=(200, 30, 30)) -> Memory:
    looks = describe(coloured(colour), rectangle(10, 10, 30, 40))
    return Memory(stamp, prompted, 0.9, looks, tokens=f"tokens of {stamp}")


def test_appearance_tells_colours_apart_and_forgives_light():
    mask = rectangle(10, 10, 30, 40)
    red, dim = describe(coloured((200, 40, 40)), mask), describe(coloured((180, 34, 34)), mask)
    blue = describe(coloured((40, 40, 200)), mask)
    assert similarity(red, red) == pytest.approx(1.0, abs=1e-4)
    assert similarity(red, dim) > 0.6
    assert similarity(red, blue) < 0.35
    with pytest.raises(ValueError, match="empty"):
        describe(coloured((0, 0, 0)), np.zeros((60, 80), bool))


def test_bank_keeps_the_first_prompt_and_the_latest_frames():
    bank = MemoryBank(most_prompted=2, most_recent=3)
    for stamp in range(20):
        bank = bank.remember(memory(stamp, prompted=stamp in (0, 5, 9)))
    assert [item.stamp_ns for item in bank.memories] == [0, 9, 17, 18, 19]
    assert bank.newest_ns == 19
    assert bank.forget().memories == ()


def test_bank_is_a_value():
    bank = MemoryBank(2, 2)
    more = bank.remember(memory(1))
    assert (len(bank.memories), len(more.memories)) == (0, 1)


def test_likeness_is_to_the_most_alike_memory():
    bank = MemoryBank(2, 2).remember(memory(0, True)).remember(memory(1, colour=(30, 30, 200)))
    blue = describe(coloured((30, 30, 200)), rectangle(10, 10, 30, 40))
    assert bank.likeness(blue) == pytest.approx(1.0, abs=1e-4)
    assert MemoryBank(2, 2).likeness(blue) == 1.0


def test_tokens_are_those_of_all_memories():
    bank = MemoryBank(3, 3).remember(memory(0, True)).remember(memory(5))
    assert bank.tokens == ["tokens of 0", "tokens of 5"]


def resolved(masks, scores, before=(None, None), alike=(None, None), covered_bonus=0.0):
    return resolve_overlaps(masks, scores, before, alike, 0.2, covered_bonus)


def test_overlap_goes_to_the_better_score_unless_owned_before():
    left, right = rectangle(0, 0, 40, 60), rectangle(30, 0, 80, 60)
    shared = left & right
    parts = resolved([left, right], [0.9, 0.8])
    assert np.array_equal(parts[0], left)
    assert np.array_equal(parts[1], right & ~left)
    parts = resolved([left, right], [0.9, 0.8], [None, right])
    assert np.array_equal(parts[0], left & ~shared)
    assert np.array_equal(parts[1], right)


def test_a_small_thing_in_front_of_a_large_one_is_not_eaten_up():
    large, small = rectangle(0, 0, 80, 60), rectangle(30, 20, 40, 30)
    parts = resolved([large, small], [0.95, 0.8])
    assert not parts[1].any()
    parts = resolved([large, small], [0.95, 0.8], covered_bonus=0.3)
    assert np.array_equal(parts[1], small)
    assert np.array_equal(parts[0], large & ~small)


def test_overlap_goes_to_the_one_whose_memory_the_place_is_like():
    left, right = rectangle(0, 0, 50, 60), rectangle(30, 0, 80, 60)
    like_right = np.full((6, 8), -0.2, np.float32)
    like_right[:, 4:] = 0.2
    parts = resolved([left, right], [0.9, 0.8], alike=[None, like_right])
    assert np.array_equal(parts[1], rectangle(40, 0, 80, 60))
    assert np.array_equal(parts[0], rectangle(0, 0, 40, 60))


def test_what_look_alikes_both_claim_goes_where_the_motion_leads():
    left, right = rectangle(0, 0, 40, 60), rectangle(44, 0, 80, 60)
    both = left | right
    parts = divide([both, both], [left, right], [(0, 1)])
    assert np.array_equal(parts[0] & ~rectangle(40, 0, 44, 60), left)
    assert np.array_equal(parts[1] & ~rectangle(40, 0, 44, 60), right)
    assert np.array_equal(divide([both, both], [left, right], [])[0], both)
    assert np.array_equal(divide([both, both], [left, None], [(0, 1)])[1], both)
    assert np.array_equal(divide([both, both], [left, left], [(0, 1)])[1], both)


def test_impostor_is_the_one_that_jumped():
    here, there = rectangle(0, 0, 20, 20), rectangle(50, 30, 70, 50)
    masks, expected = [here, here], [there, here]
    assert impostors(masks, expected, [0.9, 0.9], duplicate_iou=0.7) == {0}
    assert impostors([here, there], expected, [0.9, 0.9], duplicate_iou=0.7) == set()


def test_interior_points_lie_deep_inside_and_apart():
    mask = rectangle(10, 10, 70, 30)
    points = interior_points(mask, 3)
    assert len(points) == 3
    assert all(mask[int(y), int(x)] and label == 1 for x, y, label in points)
    xs = sorted(x for x, _, _ in points)
    assert min(np.diff(xs)) >= 10
    assert interior_points(np.zeros((60, 80), bool), 3) == []
