"""Where the picture looks like an instance counts beside where it is expected."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.segmentation import Segmentation
from seem_ros.tracking.recall import distances, mean_under, peaks, surroundings, weigh

SIZE = (80, 120)


def block(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[rows, columns] = True
    return mask


def map_of(mask: np.ndarray, value: float = 0.3) -> np.ndarray:
    """Return a map of cells of 8 pixels, `value` on a mask and minus it elsewhere."""
    return np.where(mask[4::8, 4::8], value, -value).astype(np.float32)


def test_memory_moves_the_expectation_to_where_the_object_looks_to_be():
    expected, seen = block(slice(16, 48), slice(16, 48)), block(slice(16, 48), slice(40, 72))
    weighed = weigh(Segmentation.from_mask(expected), map_of(seen), np.ones(SIZE, bool), 0.7)
    assert weighed.logits.shape == (20, 30)
    assert weighed.mask[32, 64]
    assert not weighed.mask[32, 20]
    distrusted = weigh(Segmentation.from_mask(expected), map_of(seen), np.ones(SIZE, bool), 0.3)
    assert distrusted.mask[32, 20]
    assert not distrusted.mask[32, 64]


def test_look_alikes_out_of_reach_do_not_count():
    expected = block(slice(16, 48), slice(16, 48))
    twin = expected | block(slice(16, 48), slice(88, 120))
    near = surroundings(expected, 0.5)
    assert near[32, 60]
    assert not near[32, 84:].any()
    weighed = weigh(Segmentation.from_mask(expected), map_of(twin), near, 0.7)
    assert not weighed.mask[:, 80:].any()
    assert weighed.mask[32, 32]


def test_what_is_nearer_to_a_look_alike_is_not_around_an_instance():
    here, there = block(slice(16, 48), slice(16, 40)), block(slice(16, 48), slice(64, 88))
    assert surroundings(here, 1.0)[32, 58]
    near = surroundings(here, 1.0, [distances(there)])
    assert near[32, 46]
    assert not near[32, 58]


def test_where_the_motion_is_sure_look_alikes_join_only_where_they_touch():
    expected = block(slice(16, 48), slice(16, 48))
    looks = map_of(block(slice(16, 48), slice(16, 56)) | block(slice(16, 48), slice(88, 112)))
    everywhere = np.ones(SIZE, bool)
    touching = weigh(Segmentation.from_mask(expected), looks, everywhere, 0.7, apart=False)
    assert touching.mask[32, 52]
    assert not touching.mask[:, 80:].any()
    assert weigh(Segmentation.from_mask(expected), looks, everywhere, 0.7).mask[32, 100]


def test_surroundings_of_nothing_are_empty():
    assert not surroundings(np.zeros(SIZE, bool), 0.6).any()


def test_peaks_are_apart_outside_what_is_taken_and_best_first():
    alike = np.full((10, 15), -0.5, np.float32)
    alike[1:4, 1:4], alike[5:8, 11:14] = 0.2, 0.4
    nothing = np.zeros(SIZE, bool)
    first, second = peaks(alike, nothing, 5)
    assert first == (12.5 * 8, 6.5 * 8)
    assert second == (2.5 * 8, 2.5 * 8)
    taken = block(slice(32, 72), slice(80, 120))
    assert list(peaks(alike, taken, 5)) == [second]
    assert list(peaks(alike, ~nothing, 5)) == []


def test_mean_under_a_mask():
    alike = map_of(block(slice(0, 80), slice(0, 64)))
    assert mean_under(alike, block(slice(8, 16), slice(8, 16))) == pytest.approx(0.3)
    assert mean_under(alike, block(slice(8, 16), slice(56, 72))) == pytest.approx(0.0, abs=1e-6)
    assert mean_under(alike, np.zeros(SIZE, bool)) == 0.0
