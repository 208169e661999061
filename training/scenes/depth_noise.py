"""What a structured-light or stereo camera does to depth: noise, steps, holes, flying pixels."""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.geometry.camera import CameraModel


def noisy_depth(depth_m: np.ndarray, camera: CameraModel, rng: np.random.Generator) -> np.ndarray:
    """Return (H, W) uint16 millimetres, as a sensor would measure a true (H, W) metre image.

    Axial noise grows as 1.2 mm + 1.9 mm (z - 0.4)^2, more where surfaces turn away, and pixels
    move by 0.8 px: the model that Nguyen, Izadi and Lovell measured ("Modeling Kinect Sensor
    Noise for Improved 3D Reconstruction and Tracking", 2012). At depth edges half of the pixels
    are mixtures of both sides, a third are holes; 1 % of all pixels are holes. 0 = hole.
    """
    shifted = _shift(depth_m, rng)
    slope = _slope(depth_m, camera)
    sigma = 0.0012 + 0.0019 * (shifted - 0.4) ** 2
    sigma = sigma * (1 + 0.5 * np.clip(slope, 0, 4))
    measured = shifted + rng.normal(size=depth_m.shape) * sigma
    nearest, farthest = _range(depth_m)
    edge = farthest - nearest > np.maximum(0.02, 0.02 * nearest)
    share = rng.random(depth_m.shape)
    measured = np.where(
        edge & (rng.random(depth_m.shape) < 0.5), nearest + share * (farthest - nearest), measured
    )
    hole = rng.random(depth_m.shape) < np.where(edge, 0.33, 0.01)
    # Surfaces seen at more than about 80 degrees return nothing.
    hole |= (slope > 5.7) | (depth_m <= 0)
    return np.where(hole, 0, np.clip(np.round(measured * 1000), 0, 65535)).astype(np.uint16)


def _shift(depth_m: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = depth_m.shape
    v, u = np.mgrid[:height, :width].astype(np.float32)
    u += rng.normal(0, 0.8, depth_m.shape).astype(np.float32)
    v += rng.normal(0, 0.8, depth_m.shape).astype(np.float32)
    return cv2.remap(
        depth_m.astype(np.float32), u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )


def _slope(depth_m: np.ndarray, camera: CameraModel) -> np.ndarray:
    """Return the tangent of the angle between surface and image plane, (H, W)."""
    across = cv2.Sobel(depth_m.astype(np.float32), cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(depth_m.astype(np.float32), cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.hypot(across * camera.fx, down * camera.fy) / np.maximum(depth_m, 0.1)


def _range(depth_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kernel = np.ones((3, 3), np.uint8)
    depth = depth_m.astype(np.float32)
    return cv2.erode(depth, kernel), cv2.dilate(depth, kernel)
