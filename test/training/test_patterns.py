"""The procedural textures."""

import numpy as np
import pytest

from training.meshes.patterns import SIDE, noise, pattern


@pytest.mark.parametrize("seed", range(10))
def test_patterns_repeat_without_a_seam(seed):
    """Across the border neighbours differ no more than they do within the texture."""
    image = pattern(seed).astype(float)
    assert image.shape == (SIDE, SIDE, 3)
    assert np.array_equal(image, pattern(seed))
    for axis in (0, 1):
        steps = np.abs(np.diff(image, axis=axis)).mean((1 - axis, 2))
        across = np.abs(np.take(image, 0, axis) - np.take(image, -1, axis)).mean()
        assert across <= steps.max() * 1.05 + 1


def test_patterns_differ():
    means = {tuple(pattern(seed).mean((0, 1)).round()) for seed in range(20)}
    assert len(means) == 20


def test_noise_is_drawn_out_along_the_rows():
    values = noise(np.random.default_rng(0), 1.0, stretch=10.0)
    assert abs(values.mean() - 0.5) < 1e-9
    along, across = (np.abs(np.diff(values, axis=axis)).mean() for axis in (1, 0))
    assert across > 2 * along
