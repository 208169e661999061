"""The last round's result as the next one's memory prompt: logits on the padded grid."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.instances import Segmentation
from seem_ros.prompt_planes import STRIDE, input_geometry, mask_plane
from seem_ros.segmenting.requests import EncodedImage

_SURE = 10.0  # logit of a mask given as a mask


def picture_cells(image: EncodedImage) -> tuple[int, int]:
    """Return rows and columns of the stride-4 grid that show the picture, not its padding."""
    rows, columns = (-(-side // STRIDE) for side in image.geometry.resized)
    return rows, columns


def previous_logits(image: EncodedImage, previous: Segmentation) -> Tensor:
    """Return the last round's logits on the padded stride-4 grid, from its mask if it has none."""
    geometry = input_geometry(image.geometry)
    if previous.logits is None:
        return torch.from_numpy(mask_plane(previous.mask, geometry) * 2 * _SURE - _SURE)
    rows, columns = picture_cells(image)
    known = torch.from_numpy(previous.logits)[None, None].float()
    if known.shape[-2:] != (rows, columns):
        known = F.interpolate(known, size=(rows, columns), mode="bilinear")
    padded = torch.full(geometry.grid, -_SURE)
    padded[:rows, :columns] = known[0, 0]
    return padded
