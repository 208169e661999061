"""Depth in metres, holes, units, flying pixels."""

import numpy as np
import pytest

from seem_ros.geometry.depth import (
    DepthError,
    depth_at,
    depth_to_metres,
    main_layer,
    reliable_depth,
)


def test_both_encodings_give_the_same_metres():
    millimetres = np.full((32, 32), 1250, np.uint16)
    millimetres[3, 4] = 0
    metres = np.full((32, 32), 1.25, np.float32)
    metres[3, 4] = np.nan
    first, second = depth_to_metres(millimetres), depth_to_metres(metres)
    assert first.dtype == second.dtype == np.float32
    assert np.allclose(first, second, equal_nan=True)
    assert np.isnan(first[3, 4])
    assert first[0, 0] == pytest.approx(1.25)


@pytest.mark.parametrize("hole", [0.0, -1.0, np.inf, -np.inf, np.nan])
def test_every_kind_of_hole_becomes_nan(hole):
    metres = np.full((32, 32), 1.0, np.float32)
    metres[0, 0] = hole
    assert np.isnan(depth_to_metres(metres)[0, 0])
    assert np.isfinite(depth_to_metres(metres)).sum() == 32 * 32 - 1


def test_an_image_of_holes_is_no_error():
    assert np.isnan(depth_to_metres(np.zeros((32, 32), np.uint16))).all()


@pytest.mark.parametrize(
    ("depth", "words"),
    [
        (np.full((64, 64), 1200.0, np.float32), "32FC1 .metres. gives a median distance of 1200"),
        (np.full((64, 64), 2, np.uint16), "16UC1 .millimetres. gives a median distance of 0.002"),
        (np.zeros((4, 4), np.uint8), "dtype uint8"),
        (np.zeros((4, 4), np.float64), "dtype float64"),
        (np.zeros((4, 4, 3), np.float32), "one channel"),
    ],
)
def test_wrong_units_and_types_are_refused(depth, words):
    with pytest.raises(DepthError, match=words):
        depth_to_metres(depth)


def test_millimetres_in_floats_are_known_by_being_whole():
    near = np.linspace(120, 190, 64 * 64, dtype=np.float32).round().reshape(64, 64)
    with pytest.raises(DepthError, match=r"151 m, all in whole metres.* 0\.001 makes it 0\.151 m"):
        depth_to_metres(near)
    assert depth_to_metres(near, 0.001)[0, 0] == pytest.approx(0.12)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_the_unit_can_be_said(dtype):
    depth = np.full((64, 64), 12_000, dtype)
    depth[0, 0] = 0
    metres = depth_to_metres(depth, 0.0001)
    assert np.isnan(metres[0, 0])
    assert metres[1, 1] == pytest.approx(1.2)
    with pytest.raises(DepthError, match=r"depth_scale 1 gives .* 0\.0001 makes it 1\.2 m"):
        depth_to_metres(depth, 1.0)


def step_image():
    depth = np.full((20, 40), 1.5, np.float32)
    depth[:, :20] = 1.0
    depth[:, 20] = 1.25
    depth[5, 5] = np.nan
    return depth


def test_flying_pixels_go_and_the_near_side_stays():
    reliable = reliable_depth(step_image())
    assert reliable[10, 19], "the object's own border is kept"
    assert not reliable[10, 20], "a pixel between object and background is none"
    assert not reliable[10, 21], "background beside a flying pixel"
    assert reliable[10, 25]
    assert not reliable[5, 5], "holes are not reliable"


def test_a_steep_surface_is_kept():
    # 70 degrees from the view direction at 525 px focal length.
    columns = np.arange(100)
    depth = np.tile(1.0 + columns * np.tan(np.radians(70)) / 525, (20, 1)).astype(np.float32)
    assert reliable_depth(depth).mean() > 0.95


def test_main_layer_leaves_out_what_shows_past_the_outline():
    depth = np.concatenate([np.linspace(1.0, 1.1, 800), np.linspace(1.6, 1.7, 60)])
    keep = main_layer(depth)
    assert keep[:800].all()
    assert not keep[800:].any()


def test_main_layer_keeps_two_large_parts():
    depth = np.concatenate([np.linspace(1.0, 1.1, 500), np.linspace(1.2, 1.3, 400)])
    assert main_layer(depth).all()
    assert main_layer(np.zeros(0)).shape == (0,)


def test_depth_at_takes_the_median_and_skips_holes():
    depth = np.full((10, 10), np.nan, np.float32)
    assert np.isnan(depth_at(depth, 5, 5))
    depth[4:6, 4:6] = [[1.0, 1.1], [1.2, 9.0]]
    assert depth_at(depth, 5.2, 4.9) == pytest.approx(1.15)
    assert np.isnan(depth_at(depth, 9.4, 0.2)), "corners of the image work too"
