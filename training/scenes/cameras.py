"""Pinhole cameras of rendered scenes, and the light that casts shadows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera at `eye` looking at `target` (world, metres, z up).

    `fov` is the vertical field of view in radians.
    """

    eye: np.ndarray
    target: np.ndarray
    fov: float = 0.9

    def world_from_optical(self) -> np.ndarray:
        """Return the pose (4, 4) in the world of the optical frame: x right, y down, z forward."""
        forward = _unit(np.asarray(self.target, float) - self.eye)
        up = (0.0, 0.0, 1.0) if abs(forward[2]) < 0.999 else (0.0, 1.0, 0.0)
        right = _unit(np.cross(forward, up))
        pose = np.eye(4)
        pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
        pose[:3, 3] = self.eye
        return pose

    def intrinsics(self, width: int, height: int) -> np.ndarray:
        """Return K (3, 3) for pixel centres at whole numbers, as sensor_msgs/CameraInfo has it."""
        focal = height / 2 / np.tan(self.fov / 2)
        return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])

    def clip_from_world(self, aspect: float, near: float = 0.05, far: float = 30.0) -> np.ndarray:
        """Return the OpenGL projection-view matrix (4, 4)."""
        view = np.diag([1.0, -1.0, -1.0, 1.0]) @ np.linalg.inv(self.world_from_optical())
        scale = 1 / np.tan(self.fov / 2)
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = scale / aspect, scale
        projection[2, 2] = -(far + near) / (far - near)
        projection[2, 3] = -2 * far * near / (far - near)
        projection[3, 2] = -1
        return projection @ view


def orbit(
    target: np.ndarray, azimuth: float, elevation: float, distance: float, fov: float
) -> Camera:
    """Return a camera on a sphere around `target`; angles in radians, distance in metres."""
    direction = np.array(
        [
            np.cos(elevation) * np.cos(azimuth),
            np.cos(elevation) * np.sin(azimuth),
            np.sin(elevation),
        ]
    )
    return Camera(np.asarray(target) + distance * direction, np.asarray(target, float), fov)


def sun_clip_from_world(direction: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Return the orthographic projection-view (4, 4) of a light from unit `direction`."""
    eye = np.asarray(centre) + np.asarray(direction) * radius * 2
    pose = Camera(eye, np.asarray(centre)).world_from_optical()
    view = np.diag([1.0, -1.0, -1.0, 1.0]) @ np.linalg.inv(pose)
    near, far = 0.01, radius * 4
    projection = np.diag([1 / radius, 1 / radius, -2 / (far - near), 1.0])
    projection[2, 3] = -(far + near) / (far - near)
    return projection @ view


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
