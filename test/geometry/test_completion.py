"""Boxes of symmetric things hold their unseen back; of others, what is seen."""

import numpy as np
import pytest

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.measuring import measure_box
from seem_ros.instances import box_of

WIDTH, HEIGHT = 320, 240
CAMERA = CameraModel.raw(
    WIDTH, HEIGHT, np.array([[400.0, 0, 159.5], [0, 400.0, 119.5], [0, 0, 1]])
)
DISTANCE_M = 0.7


def camera_pose(elevation_deg):
    """Return the camera's axes as (3, 3) columns and its place, looking at the origin; z is up."""
    angle = np.radians(elevation_deg)
    forward = np.array([0.0, np.cos(angle), -np.sin(angle)])
    right = np.array([1.0, 0, 0])
    return np.stack([right, np.cross(forward, right), forward], 1), -DISTANCE_M * forward


def seen(inside, elevation_deg, noise_m=0.0):
    """March along every pixel's ray; return mask, depth and the direction up of the camera.

    `inside` says for (..., 3) points in metres, z up, whether they are in the thing; it stands
    on a table at z = 0.
    """
    axes, place = camera_pose(elevation_deg)
    rays = np.concatenate([CAMERA.ray_table, np.ones((HEIGHT, WIDTH, 1))], -1) @ axes.T
    depth = place[2] / -np.minimum(rays[..., 2], -1e-3)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for distance in np.arange(DISTANCE_M - 0.16, DISTANCE_M + 0.16, 0.001):
        hit = ~mask & inside(place + distance * rays)
        depth[hit], mask = distance, mask | hit
    noise = np.random.default_rng(0).normal(0, 1, depth.shape) * noise_m
    return mask, DepthFrame(CAMERA, (depth + noise).astype(np.float32)), axes[2]


def measured(inside, elevation_deg, noise_m=0.0):
    mask, frame, up = seen(inside, elevation_deg, noise_m)
    return measure_box(frame, mask, box_of(mask), up), axes_to_world(elevation_deg)


def axes_to_world(elevation_deg):
    axes, place = camera_pose(elevation_deg)
    return lambda points: points @ axes.T + place


def can(points):
    return (np.hypot(points[..., 0], points[..., 1]) < 0.05) & (abs(points[..., 2] - 0.06) < 0.06)


def ball(points):
    return np.linalg.norm(points - [0, 0, 0.06], axis=-1) < 0.06


@pytest.mark.parametrize("elevation_deg", [15, 35, 55])
@pytest.mark.parametrize(("thing", "size"), [(can, (0.1, 0.1, 0.12)), (ball, (0.12,) * 3)])
def test_round_things_are_as_deep_as_wide(thing, size, elevation_deg):
    box, to_world = measured(thing, elevation_deg, noise_m=0.001)
    assert box.size == pytest.approx(size, rel=0.1)
    assert np.linalg.norm(to_world(box.centre) - [0, 0, size[2] / 2]) < 0.008


def test_a_carton_seen_at_its_edge_stays_as_it_is():
    def carton(points):
        across, along = (points[..., 0] + points[..., 1]), (points[..., 0] - points[..., 1])
        level = (abs(across) < 0.14 / np.sqrt(2)) & (abs(along) < 0.08 / np.sqrt(2))
        return level & (abs(points[..., 2] - 0.05) < 0.05)

    box, to_world = measured(carton, 40, noise_m=0.001)
    assert box.size == pytest.approx((0.14, 0.08, 0.1), rel=0.08)
    assert np.linalg.norm(to_world(box.centre) - [0, 0, 0.05]) < 0.005


@pytest.mark.parametrize("turn_deg", [0, 45])
def test_a_cube_seen_from_low_is_not_made_deeper(turn_deg):
    def cube(points):
        angle = np.radians(turn_deg)
        x = np.cos(angle) * points[..., 0] + np.sin(angle) * points[..., 1]
        y = np.cos(angle) * points[..., 1] - np.sin(angle) * points[..., 0]
        return (abs(x) < 0.05) & (abs(y) < 0.05) & (abs(points[..., 2] - 0.05) < 0.05)

    box, to_world = measured(cube, 25, noise_m=0.002)
    assert box.size == pytest.approx((0.1, 0.1, 0.1), rel=0.08)
    assert np.linalg.norm(to_world(box.centre) - [0, 0, 0.05]) < 0.005


def test_what_cannot_be_symmetric_is_left_as_it_is_seen():
    def pedestal(points):
        """Return a low plate with a thick post on its left end."""
        plate = (abs(points[..., 0]) < 0.09) & (abs(points[..., 1]) < 0.03)
        post = (abs(points[..., 0] + 0.07) < 0.02) & (abs(points[..., 1]) < 0.03)
        z = points[..., 2]
        return (plate & (z > 0) & (z < 0.02)) | (post & (z > 0) & (z < 0.12))

    box, to_world = measured(pedestal, 40)
    assert box.size == pytest.approx((0.18, 0.06, 0.12), rel=0.08)
    assert np.linalg.norm(to_world(box.centre) - [0, 0, 0.06]) < 0.005


def test_a_thing_seen_from_straight_above_has_no_back():
    box, _ = measured(can, 89.9)
    assert box.size[:2] == pytest.approx((0.1, 0.1), rel=0.06)
