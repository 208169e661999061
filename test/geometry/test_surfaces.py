"""The surface of an object comes from its inside; its border from the mask."""

import cv2
import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.measuring import measure_box
from seem_ros.instances import box_of

CAMERA = CameraModel.raw(320, 240, np.array([[400.0, 0, 160], [0, 400.0, 120], [0, 0, 1]]))
MASK = np.zeros((240, 320), bool)
MASK[80:160, 100:220] = True


def plate(noise_m=0.0, seed=0):
    """Return a plate at 1 m before a wall at 1.4 m as a sensor sees it: bad at its border."""
    rng = np.random.default_rng(seed)
    depth = np.where(MASK, 1.0, 1.4)
    depth += rng.normal(0, 1, depth.shape) * noise_m
    border = MASK & ~cv2.erode(MASK.astype(np.uint8), np.ones((3, 3))).astype(bool)
    depth[border] = np.where(
        rng.random(border.sum()) < 0.4, np.nan, rng.uniform(1, 1.4, border.sum())
    )
    return depth.astype(np.float32)


def test_measured_points_are_the_objects_own():
    points = DepthFrame(CAMERA, plate()).cut(MASK)
    assert np.abs(points.xyz[:, 2] - 1.0).max() < 0.021
    assert len(points) >= 78 * 118


def test_the_covered_surface_reaches_to_the_masks_border():
    area, surface = DepthFrame(CAMERA, plate()).surface(MASK)
    assert np.array_equal(surface.covered, MASK[area])
    assert np.allclose(surface.depth_m[surface.covered], 1.0, atol=2e-3)


@pytest.mark.parametrize("grown_px", [0, 1, 2])
def test_size_and_place_of_a_noisy_plate(grown_px):
    kernel = np.ones((2 * grown_px + 1, 2 * grown_px + 1))
    mask = cv2.dilate(MASK.astype(np.uint8), kernel).astype(bool)
    frame = DepthFrame(CAMERA, plate(noise_m=0.002))
    box = measure_box(frame, mask, box_of(mask), up=np.array([0, -1.0, 0]))
    width, height = 120 / 400, 80 / 400
    # One pixel too large looks as if the sensor were wrong at the border; the second is seen.
    grown_m = 2 * min(grown_px, 1) / 400
    assert box.size[0] == pytest.approx(width + grown_m, abs=0.0055)
    assert box.size[2] == pytest.approx(height + grown_m, abs=0.0055)
    assert np.linalg.norm(box.centre - [-0.5 / 400, -0.5 / 400, 1.0]) < 0.006


def test_smoothing_takes_noise_off():
    raw = DepthFrame(CAMERA, plate(noise_m=0.003)).cut(MASK).xyz[:, 2]
    _, surface = DepthFrame(CAMERA, plate(noise_m=0.003)).surface(MASK)
    assert surface.depth_m[surface.covered].std() < 0.4 * raw.std()


def test_smoothing_keeps_a_slope_and_goes_on_past_its_border():
    rows, _ = np.mgrid[:240, :320]
    true = (1.0 / (1.0 + 0.002 * (rows - 120))).astype(np.float32)  # a plane, in inverse depth
    seen = MASK & (rows < 156)
    depth = np.where(seen, true, np.float32(np.nan))
    area, surface = DepthFrame(CAMERA, depth).surface(MASK)
    found, there = surface.depth_m[surface.covered], true[area][surface.covered]
    assert surface.covered.sum() == MASK.sum()
    assert np.abs(found - there)[: -4 * 120].max() < 1e-3
    assert np.abs(found - there).max() < 0.01  # never beyond what was measured nearby


def test_a_second_part_at_another_distance_belongs_to_it():
    depth = plate()
    depth[80:160, 180:220] = 1.1
    _, surface = DepthFrame(CAMERA, depth).surface(MASK)
    assert np.ptp(surface.depth_m[surface.covered]) > 0.09


def test_a_thin_part_of_a_thick_thing_is_kept():
    """A handle, 4 px wide, that goes away from the camera by 5 mm a pixel."""
    mask, depth = MASK.copy(), np.where(MASK, 1.0, 1.4)
    mask[118:122, 220:280] = True
    depth[118:122, 220:280] = 1.0 + 0.005 * np.arange(1, 61)
    area, surface = DepthFrame(CAMERA, depth.astype(np.float32)).surface(mask)
    handle = surface.covered[41:45, 123:183]
    assert handle.mean() > 0.95
    assert surface.depth_m[43, 178] == pytest.approx(1.0 + 0.005 * 56, abs=0.01)


@pytest.mark.parametrize("grown_px", [2, 3])
def test_background_under_the_border_is_no_width(grown_px):
    kernel = np.ones((2 * grown_px + 1, 2 * grown_px + 1))
    mask = cv2.dilate(MASK.astype(np.uint8), kernel).astype(bool)
    depth = np.where(MASK, np.float32(1.0), np.float32(1.4))
    area, surface = DepthFrame(CAMERA, depth).surface(mask)
    beyond = surface.covered & ~MASK[area]
    assert beyond.sum() < 0.6 * (mask.sum() - MASK.sum())
    assert np.array_equal(surface.covered & MASK[area], MASK[area])


@pytest.mark.parametrize("grown_px", [0, 1, 2])
def test_a_mask_around_the_band_without_depth_is_cut_to_its_middle(grown_px):
    kernel = np.ones((2 * grown_px + 1, 2 * grown_px + 1))
    mask = cv2.dilate(MASK.astype(np.uint8), kernel).astype(bool)
    depth = np.where(MASK, np.float32(1.0), np.float32(1.4))
    three = np.ones((3, 3), np.uint8)
    solid = MASK.astype(np.uint8)
    depth[cv2.dilate(solid, three) > cv2.erode(solid, three)] = np.nan
    area, surface = DepthFrame(CAMERA, depth).surface(mask)
    assert np.array_equal(surface.covered, MASK[area])


def test_what_is_guessed_at_a_border_comes_no_nearer_than_what_was_measured():
    rows, _ = np.mgrid[:240, :320]
    depth = 1.0 - 0.004 * (rows - 120) + np.random.default_rng(0).normal(0, 0.004, rows.shape)
    depth[MASK & (rows >= 156)] = np.nan
    _, surface = DepthFrame(CAMERA, depth.astype(np.float32)).surface(MASK)
    assert surface.depth_m[79:83, 3:-3].mean() > surface.depth_m[78, 3:-3].mean() - 2e-3


def test_thin_things_have_points_too():
    mask = np.zeros((240, 320), bool)
    mask[120:122, 100:200] = True
    depth = np.where(mask, 1.0, 1.5).astype(np.float32)
    points = DepthFrame(CAMERA, depth).cut(mask)
    assert len(points) == mask.sum()
    assert np.allclose(points.xyz[:, 2], 1.0)
