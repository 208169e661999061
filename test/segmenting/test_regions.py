"""Regions of a mask and where to click them."""

from __future__ import annotations

import numpy as np

from seem_ros.segmenting.regions import regions_of


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
