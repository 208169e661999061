"""What a camera does to a clean picture: exposure, white balance, blur, noise, vignette."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter


def apply(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (H, W, 3) uint8 as a random camera would have taken it; geometry is unchanged."""
    picture = (rgb.astype(np.float32) / 255) ** rng.uniform(0.75, 1.35)
    white_balance = 1 + rng.normal(0, 0.05, 3).astype(np.float32)
    picture = picture * rng.uniform(0.8, 1.15) * white_balance
    if rng.random() < 0.35:
        picture = blur(picture, rng.uniform(0.3, 1.1))
    if rng.random() < 0.3:
        picture = picture * vignette(rgb.shape[0], rgb.shape[1], rng.uniform(0.1, 0.45))
    noise = rng.normal(0, 1, picture.shape).astype(np.float32) * rng.uniform(0, 0.03)
    # Photon noise grows with the root of the light, read-out noise does not.
    picture = picture + noise * (0.4 + 0.6 * np.sqrt(np.clip(picture, 0, 1)))
    return to_uint8(picture)


def blur(picture: np.ndarray, radius: float) -> np.ndarray:
    """Blur a float picture (H, W, 3) in [0, 1] with a Gaussian of `radius` pixels."""
    image = Image.fromarray(to_uint8(picture)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255


def vignette(height: int, width: int, strength: float) -> np.ndarray:
    """Return factors (H, W, 1): 1 in the middle, 1 - `strength` in the corners."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (1 - strength * (x**2 + y**2) / 2)[..., None].astype(np.float32)


def to_uint8(picture: np.ndarray) -> np.ndarray:
    """Convert floats in [0, 1] to uint8, clipping what lies outside."""
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
