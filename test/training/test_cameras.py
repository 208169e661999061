"""Camera frames and matrices."""

import numpy as np
import pytest

from training.meshes.transforms import place, turn
from training.scenes.cameras import Camera, orbit


def test_optical_frame_is_x_right_y_down_z_forward():
    pose = Camera(np.array([0, -2.0, 0]), np.zeros(3)).world_from_optical()
    assert np.allclose(pose[:3, 0], [1, 0, 0])
    assert np.allclose(pose[:3, 1], [0, 0, -1])
    assert np.allclose(pose[:3, 2], [0, 1, 0])
    assert np.allclose(pose[:3, 3], [0, -2, 0])


def test_looking_straight_down_has_a_frame():
    pose = Camera(np.array([0, 0, 2.0]), np.zeros(3)).world_from_optical()
    assert np.allclose(pose[:3, 2], [0, 0, -1])
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)


def test_intrinsics_agree_with_the_opengl_projection():
    """A point lands on the same pixel whether K or the clip matrix projects it."""
    camera, (width, height) = orbit(np.array([0.1, 0.2, 0.3]), 1.0, 0.5, 2.0, 0.9), (320, 240)
    point = np.array([0.25, 0.1, 0.4, 1.0])
    clip = camera.clip_from_world(width / height) @ point
    ndc = clip[:3] / clip[3]
    # Pixel centres are whole numbers, so the left edge of the picture is at -0.5.
    by_clip = [(ndc[0] + 1) / 2 * width - 0.5, (1 - ndc[1]) / 2 * height - 0.5]
    optical = np.linalg.inv(camera.world_from_optical()) @ point
    by_k = camera.intrinsics(width, height) @ optical[:3]
    assert np.allclose(by_k[:2] / by_k[2], by_clip, atol=1e-9)


def test_place_scales_then_turns_then_moves():
    pose = place((1, 2, 3), turn("z", np.pi / 2), (2, 1, 1))
    assert np.allclose(pose @ [1, 0, 0, 1], [1, 4, 3, 1])


@pytest.mark.parametrize("axis", "xyz")
def test_turns_keep_their_axis(axis):
    unit = np.eye(3)["xyz".index(axis)]
    assert np.allclose(turn(axis, 1.1) @ unit, unit)
