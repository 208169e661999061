"""Colours of instances."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.visualize.colours import colour_of, colour_table, paint_labels


def test_colours_are_fixed():
    assert colour_of(1) == colour_of(1) == tuple(colour_table()[1])
    assert colour_of(1) == (92, 132, 230)


def test_the_first_twenty_colours_are_apart_and_bright():
    colours = colour_table()[1:21].astype(int)
    apart = np.abs(colours[:, None] - colours[None]).sum(axis=2)
    np.fill_diagonal(apart, 999)
    assert apart.min() > 40
    assert colours.max(axis=1).min() >= 180


def test_label_image_is_painted_in_the_instances_colours():
    labels = np.array([[0, 1], [2, 65535]], np.uint16)
    picture = paint_labels(labels)
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert tuple(picture[0, 1]) == colour_of(1)
    assert tuple(picture[1, 1]) == colour_of(65535)


def test_id_zero_has_no_colour():
    with pytest.raises(ValueError, match="got 0"):
        colour_of(0)
