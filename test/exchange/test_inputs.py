"""Images and prompts as people hand them over."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from seem_ros.exchange.inputs import as_prompt, as_rgb
from seem_ros.prompts import Prompt

RGB = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)


def test_an_array_is_not_copied():
    assert as_rgb(RGB) is RGB


def test_paths_and_pillow_pictures(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(RGB).save(path)
    assert np.array_equal(as_rgb(path), RGB)
    assert np.array_equal(as_rgb(str(path)), RGB)
    assert np.array_equal(as_rgb(Image.fromarray(RGB)), RGB)
    grey = as_rgb(Image.fromarray(RGB[..., 0]))
    assert np.array_equal(grey, np.repeat(RGB[..., :1], 3, axis=2))


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (RGB[..., 0], "for a grey image, np.repeat"),
        (RGB.transpose(2, 0, 1), r"got \(3, 6, 8\) uint8: channels come last"),
        (RGB / 255.0, r"for values in 0..1, \(image \* 255\)"),
        (RGB.astype(np.uint16), "for 16 bits"),
        (RGB[None], "one image at a time"),
        (np.zeros((6, 8, 4), np.uint8), "leave the fourth channel out"),
        (np.zeros((0, 8, 3), np.uint8), r"got \(0, 8, 3\)"),
        (b"\x89PNG", "decode it first"),
        ([[1, 2]], "a path or a Pillow picture, got list"),
    ],
)
def test_other_images_are_told_what_is_right(image, reason):
    with pytest.raises(ValueError, match=reason):
        as_rgb(image)


def test_what_is_advised_is_taken():
    assert as_rgb((RGB / 255.0 * 255).round().astype(np.uint8)).shape == RGB.shape
    assert as_rgb(RGB.transpose(2, 0, 1).transpose(1, 2, 0)).shape == RGB.shape
    assert as_rgb(np.repeat(RGB[..., 0].reshape(6, 8, 1), 3, axis=2)).shape == RGB.shape


def test_words_are_a_prompt():
    assert as_prompt("red mug").text == "red mug"
    prompt = Prompt(points=[(1, 2, 1)])
    assert as_prompt(prompt) is prompt


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [(" ", "the text is empty"), ((3, 4), r"got tuple: a click is Prompt\(points")],
)
def test_other_prompts_are_told_what_is_right(prompt, reason):
    with pytest.raises(ValueError, match=reason):
        as_prompt(prompt)
