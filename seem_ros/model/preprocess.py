"""Images and prompt masks to the padded grid the network sees (SEEM's demo and evaluation).

Only Pillow resizes images: its antialiased bicubic filter is what the official weights saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.config import InputConfig
from seem_ros.model.transfers import send

_RESAMPLE = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
# From this factor on, sampling at cell centres can miss a click's disc of radius 3.
_COARSE = 4.0


@dataclass(frozen=True)
class Geometry:
    """Sizes (height, width) in pixels of one image on its way into the network."""

    original: tuple[int, int]
    resized: tuple[int, int]
    padded: tuple[int, int]


def plan(height: int, width: int, config: InputConfig) -> Geometry:
    """Decide how an image of this size is resized and padded.

    Raises:
        ValueError: the image has no pixels, or does not fit the model's fixed input size.
    """
    if height < 1 or width < 1:
        raise ValueError(f"image is {height} x {width} pixels; it must have at least one")
    resized = _resized(height, width, config)
    if config.fixed_size:
        side = config.fixed_size
        if max(resized) > side:
            raise ValueError(f"image of {resized} does not fit the model's {side} x {side} input")
        return Geometry((height, width), resized, (side, side))
    multiple = config.multiple
    padded = tuple(-(-size // multiple) * multiple for size in resized)
    return Geometry((height, width), resized, (padded[0], padded[1]))


def _resized(height: int, width: int, config: InputConfig) -> tuple[int, int]:
    """Scale to the configured side; the other side is rounded down, or as a cap demands."""
    if config.size == 0:
        return height, width
    reference = min(height, width) if config.side == "short" else max(height, width)
    if not config.max_size:
        rows, columns = (config.size * side // reference for side in (height, width))
    else:
        scale = min(config.size / reference, config.max_size / max(height, width))
        rows, columns = (int(side * scale + 0.5) for side in (height, width))
    return max(1, rows), max(1, columns)


def resize_image(rgb: np.ndarray, size: tuple[int, int], config: InputConfig) -> np.ndarray:
    """Resize a (H, W, 3) uint8 image to (height, width)."""
    if rgb.shape[:2] == tuple(size):
        return rgb
    image = Image.fromarray(np.ascontiguousarray(rgb))
    return np.asarray(image.resize(size[::-1], _RESAMPLE[config.resample]))


def prepare_image(rgb: np.ndarray, config: InputConfig) -> tuple[Tensor, Geometry]:
    """Resize, normalise and pad one image.

    Args:
        rgb: (H, W, 3) uint8.

    Returns:
        (1, 3, padded height, padded width) float32 on the CPU, and the sizes.

    Raises:
        ValueError: another shape or dtype.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"image is {rgb.shape} {rgb.dtype}; expected (H, W, 3) uint8 RGB")
    geometry = plan(rgb.shape[0], rgb.shape[1], config)
    pixels: np.ndarray = np.array(resize_image(rgb, geometry.resized, config), dtype=np.float32)
    pixels = (pixels - np.array(config.mean, np.float32)) / np.array(config.std, np.float32)
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    return pad(image, geometry), geometry


def prepare_on(
    rgb: np.ndarray, config: InputConfig, device: torch.device
) -> tuple[Tensor, Geometry]:
    """The same on a device: its bytes are uploaded, and resized and normalised there.

    On the CPU Pillow resizes; elsewhere PyTorch does with the same filter, and rounds as Pillow
    does after each direction.
    """
    if device.type == "cpu":
        return prepare_image(rgb, config)
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"image is {rgb.shape} {rgb.dtype}; expected (H, W, 3) uint8 RGB")
    geometry = plan(rgb.shape[0], rgb.shape[1], config)
    bytes_there = send(torch.from_numpy(np.ascontiguousarray(rgb)), device)
    pixels = bytes_there.permute(2, 0, 1)[None].float()
    rows, columns = geometry.resized
    for size in ((rgb.shape[0], columns), (rows, columns)):
        if pixels.shape[-2:] != size:
            resized = F.interpolate(
                pixels, size=size, mode=config.resample, align_corners=False, antialias=True
            )
            pixels = (resized + 0.5).floor().clamp(0, 255)
    mean, std = (_per_channel(values, device) for values in (config.mean, config.std))
    return pad((pixels - mean) / std, geometry), geometry


@lru_cache(maxsize=8)
def _per_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device)[None, :, None, None]


def pad(maps: Tensor, geometry: Geometry) -> Tensor:
    """Pad (..., resized height, width) with zeros to the right and below."""
    (height, width), (padded_height, padded_width) = geometry.resized, geometry.padded
    return F.pad(maps, (0, padded_width - width, 0, padded_height - height))


def prepare_mask(mask: np.ndarray, geometry: Geometry) -> Tensor:
    """Bring a prompt mask to the padded grid.

    Resized as 8-bit values with bilinear weights; every cell that got anything is set, so
    strokes rather grow than vanish.

    Args:
        mask: (H, W) bool at the original size.

    Returns:
        (padded height, padded width) bool on the CPU.

    Raises:
        ValueError: the mask has another size than the image.
    """
    if mask.shape != geometry.original:
        raise ValueError(f"mask is {mask.shape}, the image {geometry.original}")
    values = torch.from_numpy(mask.astype(np.uint8) * np.uint8(255))[None, None]
    if max(geometry.original[i] / geometry.resized[i] for i in (0, 1)) > _COARSE:
        values = F.adaptive_max_pool2d(values.float(), geometry.resized)
    else:
        values = F.interpolate(values, size=geometry.resized, mode="bilinear", align_corners=False)
    return pad(values[0, 0] > 0, geometry)
