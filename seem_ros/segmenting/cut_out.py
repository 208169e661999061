"""What the ImageNet classifier says of the part of a picture around a mask."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.helpers.recogniser import CLASSES, ImageRecogniser
from seem_ros.model.transfers import fetch
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.picture import Picture

_MARGIN = 0.15  # of the box, kept around a cut-out
_LEAST_SIDE = 2  # pixels


def seen_in(recogniser: ImageRecogniser, picture: Picture, mask: Mask) -> Tensor:
    """Probabilities (1000,) of what a mask's box shows, on the CPU; zeros for next to nothing."""
    x0, y0, x1, y1 = box_of(mask.enlarged)
    margin = np.array([_MARGIN * (x1 - x0), _MARGIN * (y1 - y0)])
    corners = np.array([(x0, y0) - margin, (x1, y1) + margin])
    (left, top), (right, bottom) = corners.clip(0, picture.size[::-1]).astype(int).tolist()
    if min(right - left, bottom - top) < _LEAST_SIDE:
        return torch.zeros(CLASSES)
    cut_out = torch.tensor(picture.rgb[top:bottom, left:right])
    (shown,) = fetch(recogniser.whole(cut_out))
    return shown
