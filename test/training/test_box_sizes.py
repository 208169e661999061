"""Corrections of extents are learned, and tested on names that they were not learned from."""

import numpy as np

from seem_ros.geometry.describing import LENGTH
from training.weights.box_sizes import Examples, cross_validated, fit


def examples(count=400):
    """Return things that are deeper than measured by what the first number says."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(count, LENGTH))
    true = np.tile([0.2, 0.15, 0.1], (count, 1))
    measured = true / np.exp(np.outer(0.15 * numbers[:, 0], [0, 1, 0]))
    names = np.array([f"thing {i % 40}" for i in range(count)])
    return Examples(numbers, measured, true, names, np.zeros(count, int))


def test_what_the_numbers_say_is_learned_in_spite_of_outliers():
    some = examples()
    some.true_sizes[::10] *= 2.5
    model = fit(some)
    sizes = some.sizes * model.factors(some.numbers)
    good = np.arange(len(sizes)) % 10 > 0
    assert (np.abs(some.errors(some.sizes))[good].max(1) <= 0.1).mean() < 0.6
    assert (np.abs(some.errors(sizes))[good].max(1) <= 0.1).mean() > 0.95


def test_names_are_left_out_together():
    some = examples(80)
    some.names[:] = "mug"
    some.names[40:] = "book"
    some.true_sizes[40:, 1] *= 1.4
    sizes = cross_validated(some)
    # Nothing about books is learned from mugs: what is special about them stays wrong.
    assert np.median(np.abs(some.errors(sizes)[40:, 1])) > 0.15
