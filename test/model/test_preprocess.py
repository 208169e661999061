"""Sizes, padding and prompt masks on their way into the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.model.config import InputConfig
from seem_ros.model.preprocess import Geometry, plan, prepare_image, prepare_mask

SAM = InputConfig(size=1000, max_size=1024, fixed_size=1024)


@pytest.mark.parametrize(
    ("size", "config", "resized", "padded"),
    [
        ((480, 640), InputConfig(), (512, 682), (512, 704)),
        ((1080, 1920), InputConfig(), (512, 910), (512, 928)),
        ((640, 480), InputConfig(), (682, 512), (704, 512)),
        ((480, 640), InputConfig(side="long", size=320), (240, 320), (256, 320)),
        ((480, 640), InputConfig(size=800, max_size=1333), (800, 1067), (800, 1088)),
        ((480, 640), SAM, (768, 1024), (1024, 1024)),
        ((1, 5000), InputConfig(size=64, max_size=100), (1, 100), (32, 128)),
    ],
)
def test_sizes(size, config, resized, padded):
    assert plan(*size, config) == Geometry(size, resized, padded)


def test_images_are_normalised_then_padded_with_zeros():
    image, geometry = prepare_image(np.full((480, 640, 3), 124, np.uint8), InputConfig())
    assert image.shape == (1, 3, 512, 704) and image.dtype == torch.float32
    expected = (124 - np.float32(InputConfig().mean)) / np.float32(InputConfig().std)
    assert np.allclose(image[0, :, 5, 681], expected)
    assert not image[..., geometry.resized[1] :].any()


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_other_arrays_are_refused(bad):
    with pytest.raises(ValueError, match="expected \\(H, W, 3\\) uint8"):
        prepare_image(bad, InputConfig())


def test_images_too_long_for_a_fixed_input_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        plan(100, 4000, InputConfig(size=64, fixed_size=1024))


@pytest.mark.parametrize("factor", [1, 3, 6, 20])
def test_no_click_is_lost_however_large_the_image(factor):
    height, width = 64 * factor, 96 * factor
    geometry = plan(height, width, InputConfig(size=64))
    generator = np.random.default_rng(0)
    for _ in range(20):
        y, x = generator.integers(0, height - 7), generator.integers(0, width - 7)
        mask = np.zeros((height, width), bool)
        mask[y : y + 7, x : x + 7] = True
        found = prepare_mask(mask, geometry).nonzero().float()
        assert len(found) > 0
        centre = found.mean(0).numpy() * factor
        assert np.abs(centre - (y + 3, x + 3)).max() <= 7 + factor


def test_masks_of_another_size_are_refused():
    with pytest.raises(ValueError, match="mask is"):
        prepare_mask(np.zeros((5, 5), bool), plan(480, 640, InputConfig()))
