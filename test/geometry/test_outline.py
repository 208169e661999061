"""Outlines follow their masks."""

import cv2
import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.outline import mask_outlines, outline_on_plane, outline_on_surface

CAMERA = CameraModel.raw(320, 240, np.array([[500.0, 0, 160], [0, 500.0, 120], [0, 0, 1]]))


def disc_mask(radius=40):
    mask = np.zeros((240, 320), np.uint8)
    cv2.circle(mask, (150, 110), radius, 1, -1)
    return mask.astype(bool)


def test_outline_encloses_its_mask():
    mask = disc_mask()
    (outline,) = mask_outlines(mask)
    assert outline.dtype == np.float32
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(filled, [outline.astype(np.int32)], 1)
    union = (filled.astype(bool) | mask).sum()
    assert (filled.astype(bool) & mask).sum() / union > 0.95
    assert len(outline) < 60


def test_parts_come_largest_first_and_specks_not_at_all():
    mask = disc_mask(20)
    mask[10:80, 200:300] = True
    mask[200, 10] = True
    first, second = mask_outlines(mask)
    assert first[:, 0].min() == 200
    assert second[:, 0].max() < 200
    assert mask_outlines(np.zeros((20, 20), bool)) == []


def test_outline_on_a_plane_projects_back():
    (outline,) = mask_outlines(disc_mask())
    points = outline_on_plane(outline, CAMERA, 0.8)
    assert np.allclose(points[:, 2], 0.8)
    assert np.allclose(CAMERA.project(points)[0], outline, atol=1e-3)


def test_outline_on_the_surface_keeps_off_the_background():
    mask = disc_mask()
    depth = np.full((240, 320), 3.0, np.float32)
    depth[mask] = 1.2
    # A mask two pixels too large: its outline lies on the background's depth.
    large = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)
    frame = DepthFrame(CAMERA, depth)
    points = outline_on_surface(mask_outlines(large)[0], frame, frame.cut(large))
    assert np.allclose(points[:, 2], 1.2)
    assert np.allclose(CAMERA.project(points)[0], mask_outlines(large)[0], atol=1e-3)


def test_no_points_no_outline():
    frame = DepthFrame(CAMERA, np.full((240, 320), np.nan, np.float32))
    assert outline_on_surface(
        mask_outlines(disc_mask())[0], frame, frame.cut(disc_mask())
    ).shape == (0, 3)
