"""Boxes of things on a table reach down to the table, others stay as they are."""

import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance, box_of

HEIGHT, WIDTH, FOCAL = 240, 320, 300.0
CAMERA = CameraModel.raw(
    WIDTH, HEIGHT, np.array([[FOCAL, 0, 159.5], [0, FOCAL, 119.5], [0, 0, 1]])
)
DOWN = np.array([0.0, 0.0, 1.0])  # the camera looks straight down


def view_from_above(table_m: float, top_m: float = 0.9):
    """Return the scene of a plate that floats or lies: only its top is seen."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[80:160, 100:220] = True
    depth = np.where(mask, top_m, table_m).astype(np.float32)
    instance = Instance(1, mask=mask, box=box_of(mask))
    return SpatialScene([instance], CAMERA, DepthFrame(CAMERA, depth), up=-DOWN), instance


def test_a_box_seen_from_above_ends_at_the_table():
    scene, instance = view_from_above(table_m=0.915)
    box = scene.box(instance)
    assert box.size[2] == pytest.approx(0.015, abs=1e-3)
    assert box.centre[2] == pytest.approx(0.9075, abs=1e-3)


def test_what_lies_far_below_is_no_support():
    scene, instance = view_from_above(table_m=1.2)
    assert scene.box(instance).size[2] < 1e-3


def test_noise_below_the_table_is_no_part_of_the_thing():
    scene, instance = view_from_above(table_m=0.915)
    scene.depth.depth_m[155:160, 100:220] = 0.925  # the border, measured 1 cm too far
    assert scene.box(instance).size[2] == pytest.approx(0.015, abs=1.5e-3)


def test_without_gravity_nothing_is_extended():
    scene, instance = view_from_above(table_m=0.915)
    scene = SpatialScene([instance], CAMERA, scene.depth)
    assert scene.box(instance).size.min() < 1e-3


def test_a_slope_is_no_support():
    scene, instance = view_from_above(table_m=0.915)
    slope = np.linspace(0.88, 1.04, WIDTH, dtype=np.float32)
    depth = np.where(instance.mask, np.float32(0.9), slope)
    scene = SpatialScene([instance], CAMERA, DepthFrame(CAMERA, depth), up=-DOWN)
    assert scene.box(instance).size[2] < 1e-3
