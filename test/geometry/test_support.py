"""Boxes of things on a table reach down to the table, others stay as they are."""

import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import SpatialScene
from seem_ros.geometry.support import support_normal
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


def test_without_gravity_a_table_in_contact_says_what_is_upright():
    scene, instance = view_from_above(table_m=0.915)
    scene = SpatialScene([instance], CAMERA, scene.depth)
    box = scene.box(instance)
    assert abs(box.axes[2, 2]) == pytest.approx(1.0)
    assert box.size[2] == pytest.approx(0.015, abs=1e-3)


def test_without_gravity_nothing_far_below_changes_a_box():
    scene, instance = view_from_above(table_m=1.0)
    scene = SpatialScene([instance], CAMERA, scene.depth)
    assert scene.box(instance).size.min() < 1e-3


def test_the_normal_of_a_tilted_table_is_found():
    """Look at a ball, 6 cm high, on a table that is tilted by 50 degrees, among steps."""
    normal = np.array([0, -np.sin(np.radians(50)), -np.cos(np.radians(50))])
    rays = np.concatenate([CAMERA.ray_table, np.ones((HEIGHT, WIDTH, 1))], -1)
    table = (normal @ [0, 0, 0.8]) / (rays @ normal)
    centre = np.array([0, 0, 0.8]) + 0.03 * normal
    along = (rays @ centre) / (rays**2).sum(-1)
    inside = 0.03**2 - ((rays * along[..., None] - centre) ** 2).sum(-1)
    mask = inside > 0
    depth = np.where(mask, along - np.sqrt(np.maximum(inside, 0) / (rays**2).sum(-1)), table)
    depth[:, :150] -= 0.1  # something else stands beside it
    depth += np.random.default_rng(0).normal(0, 0.001, depth.shape)
    frame = DepthFrame(CAMERA, depth.astype(np.float32))
    points = frame.cut(mask).xyz
    found = support_normal(points[points[:, 0] > 0], frame, mask, box_of(mask))
    assert np.degrees(np.arccos(found @ normal)) < 3


def test_rough_ground_has_no_normal():
    scene, instance = view_from_above(table_m=0.915)
    rough = scene.depth.depth_m + np.random.default_rng(0).normal(0, 0.02, (HEIGHT, WIDTH))
    frame = DepthFrame(CAMERA, rough.astype(np.float32))
    points = scene.depth.cut(instance.mask).xyz
    assert support_normal(points, frame, instance.mask, instance.box) is None


def test_a_slope_is_no_support():
    scene, instance = view_from_above(table_m=0.915)
    slope = np.linspace(0.88, 1.04, WIDTH, dtype=np.float32)
    depth = np.where(instance.mask, np.float32(0.9), slope)
    scene = SpatialScene([instance], CAMERA, DepthFrame(CAMERA, depth), up=-DOWN)
    assert scene.box(instance).size[2] < 1e-3
