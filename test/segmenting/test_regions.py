"""Regions of a mask and where to click them."""

from __future__ import annotations

import numpy as np

from seem_ros.segmenting.regions import regions_of, touched_regions


def test_regions_come_largest_first_with_a_deep_centre() -> None:
    mask = np.zeros((40, 60), bool)
    mask[2:12, 3:13] = True
    mask[20:38, 20:50] = True
    regions = regions_of(mask, 5)
    assert [r.area for r in regions] == [540, 100]
    x, y = regions[1].centre
    assert (abs(x - 8), abs(y - 7)) <= (1, 1)
    assert not (regions[0].mask & regions[1].mask).any()


def test_crumbs_and_what_exceeds_the_limit_are_left_out() -> None:
    mask = np.zeros((40, 60), bool)
    mask[2:32, 3:33] = True
    mask[35:37, 50:52] = True
    assert len(regions_of(mask, 5)) == 1
    mask[2:20, 40:58] = True
    assert len(regions_of(mask, 1)) == 1
    assert regions_of(mask & False, 3) == []


def test_a_ring_is_clicked_on_itself_not_in_its_hole() -> None:
    rows, columns = np.mgrid[:41, :41] - 20
    radius = np.hypot(rows, columns)
    mask = (radius < 18) & (radius > 9)
    x, y = regions_of(mask, 1)[0].centre
    assert mask[int(y), int(x)]


def test_only_touched_regions_stay() -> None:
    mask = np.zeros((20, 40), bool)
    mask[5:15, 2:12] = True
    mask[5:15, 20:30] = True
    seeds = np.zeros_like(mask)
    seeds[8, 5] = True
    kept = touched_regions(mask, seeds)
    assert kept[:, :15].sum() == 100
    assert not kept[:, 15:].any()
    seeds[8, 5], seeds[0, 0] = False, True
    assert np.array_equal(touched_regions(mask, seeds), mask)
