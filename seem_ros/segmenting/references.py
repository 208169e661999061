"""Pictures after the encoder, and tokens of objects in them, for prompts on other pictures."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import torch

from seem_ros.model.features import PointSet, SpatialTokens
from seem_ros.model.point_sets import points_of_masks
from seem_ros.model.preprocess import prepare_image, prepare_mask
from seem_ros.model.seem import Seem
from seem_ros.prompt_planes import input_geometry, mask_plane, spread_points
from seem_ros.segmenting.requests import EncodedImage

REFERENCE_POINTS = 16
_EXAMPLES_KEPT = 4


def encode(
    model: Seem, device: torch.device, rgb: np.ndarray, detail: float = 1.0
) -> EncodedImage:
    """Run the image encoder on an (H, W, 3) uint8 picture.

    Args:
        model: on ``device``.
        device: where it runs.
        rgb: the picture.
        detail: it is read at so many times the model's input size; official models, whose
            sizes are fixed, read it as always.

    Raises:
        ValueError: another shape or dtype, or an empty picture.
    """
    config = model.config.input
    if detail != 1.0 and model.config.decoder.dense_prompts is not None:
        config = replace(config, size=round(config.size * detail))
    tensor, geometry = prepare_image(rgb, config)
    dtype = next(model.parameters()).dtype
    tensor = tensor.to(device, dtype, memory_format=torch.channels_last)
    return EncodedImage(model.encode_image(tensor), geometry, rgb, detail)


def reference_tokens(
    model: Seem, device: torch.device, image: EncodedImage, mask: np.ndarray
) -> SpatialTokens:
    """Tokens at points spread over a (H, W) bool mask; official models read it as a stroke."""
    decoder = model.config.decoder
    if decoder.dense_prompts is None:
        stroke = prepare_mask(mask, image.geometry)[None]
        points = points_of_masks(stroke, limit=decoder.max_points).to(device)
        return model.spatial_tokens(image.features, points)
    geometry = input_geometry(image.geometry)
    plane = mask_plane(mask, geometry)
    xy = spread_points(plane >= min(0.5, float(plane.max())), REFERENCE_POINTS)
    yx = torch.from_numpy((xy[:, ::-1] / geometry.grid).astype(np.float32))[None]
    points = PointSet.of(yx, torch.ones(1, len(xy), dtype=torch.bool)).to(device)
    return model.spatial_tokens(image.features, points)


class Examples:
    """Reference tokens of example images, the last few kept for the next frames.

    Args:
        model: on ``device``.
        device: where it runs.
    """

    def __init__(self, model: Seem, device: torch.device) -> None:
        self._model, self._device = model, device
        self._known: OrderedDict[str, SpatialTokens] = OrderedDict()

    def tokens(self, rgb: np.ndarray, mask: np.ndarray) -> SpatialTokens:
        """Tokens of the object under a (H, W) bool mask of an (H, W, 3) uint8 picture."""
        key = hashlib.sha1(rgb.tobytes() + mask.tobytes()).hexdigest()
        if key not in self._known:
            image = encode(self._model, self._device, rgb)
            self._known[key] = reference_tokens(self._model, self._device, image, mask)
            if len(self._known) > _EXAMPLES_KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def clear(self) -> None:
        """Forget them."""
        self._known.clear()
