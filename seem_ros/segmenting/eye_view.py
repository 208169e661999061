"""Parts of a picture that the second eye looks at, and what it makes of a prompt there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.backbones.tiny_vit import STRIDE
from seem_ros.model.helpers.mask_decoder import CORNER, FAR_CORNER, NEGATIVE, PADDING, POSITIVE
from seem_ros.model.helpers.second_eye import CELL, SecondEye
from seem_ros.model.out_of_memory import retried
from seem_ros.model.transfers import fetch
from seem_ros.prompts import Prompt
from seem_ros.segmenting.crops import Crop, object_box, spread, square_around
from seem_ros.segmenting.mask import Mask, Patch

SIDE = 640  # pixels of the longer side of what it reads
CONTEXT = 1.5  # side of the square, of the longer side of what is meant
FIRM, HINTED = 8.0, 3.0  # logits of a mask that it is shown
_LEAST_SIDE = 32  # of the square, pixels of the picture
_FAR = -10.0  # logit of what it did not look at
_VIEWS_KEPT = 8
_TIGHT, _LOOSE = 1.1, 2.5  # a square this many times what is meant is looked at no second time


@dataclass(frozen=True, eq=False)
class View:
    """A part of a picture after the encoder.

    Attributes:
        rgb: the picture, (H, W, 3) uint8.
        crop: the part.
        fitted: height and width at which it was read, pixels of the input.
        features: see :meth:`SecondEye.look`.
    """

    rgb: np.ndarray
    crop: Crop
    fitted: tuple[int, int]
    features: Tensor

    def places(self, points: Sequence[tuple[float, float]]) -> Tensor:
        """Pixels of the picture (N, 2) -> pixels of the input."""
        crop, (height, width) = self.crop, self.fitted
        scale = torch.tensor([width / crop.width, height / crop.height])
        return (torch.tensor(points).view(-1, 2) - torch.tensor([crop.x0, crop.y0])) * scale

    def covered(self, mask: np.ndarray) -> Tensor:
        """(H, W) bool mask of the picture -> share 0..1 of the cells of the eye's masks."""
        crop = self.crop
        part = torch.from_numpy(mask[crop.y0 : crop.y1, crop.x0 : crop.x1].copy()).float()
        size = (self.fitted[0] // CELL, self.fitted[1] // CELL)
        return F.interpolate(part[None, None], size, mode="bilinear", antialias=True)[0, 0]

    def shows(self, box: Sequence[float]) -> bool:
        """Whether what is meant lies in it, and is neither cut nor too small."""
        crop, (height, width) = self.crop, self.rgb.shape[:2]
        longest = max(box[2] - box[0], box[3] - box[1], _LEAST_SIDE / CONTEXT)
        side = max(crop.width, crop.height)
        if not _TIGHT * longest <= side <= _LOOSE * longest:
            return side == max(height, width) and side <= _LOOSE * longest
        margin = (_TIGHT - 1) / 2 * longest
        return bool(
            (crop.x0 == 0 or crop.x0 + margin <= box[0])
            and (crop.y0 == 0 or crop.y0 + margin <= box[1])
            and (crop.x1 == width or box[2] <= crop.x1 - margin)
            and (crop.y1 == height or box[3] <= crop.y1 - margin)
        )


@dataclass(frozen=True, eq=False)
class Looks:
    """What the eye makes of a prompt, on the CPU.

    Attributes:
        view: where it looked.
        logits: (4, r, c) on the part: the single answer, three readings.
        expected: (4,) IoU that it expects of each.
        shown: (r, c) share of each cell that the model's mask covers.
    """

    view: View
    logits: Tensor
    expected: list[float]
    shown: Tensor

    def mask(self, index: int, like: Mask) -> Mask:
        """One of its answers as a mask on the model's grid, exact on the part."""
        logits, crop = self.logits[index], self.view.crop
        return Mask(spread(logits, crop, like.grid, _FAR), like.grid, Patch(crop, logits))


class EyeViews:
    """Asks the eye about parts of pictures, and keeps what it looked at last.

    Args:
        eye: on its device.
    """

    def __init__(self, eye: SecondEye) -> None:
        self._eye = eye
        self._views: list[View] = []

    def looks(
        self, rgb: np.ndarray, mask: Mask, prompt: Prompt, mask_logit: float = FIRM
    ) -> Looks:
        """Look at what a prompt means.

        Args:
            rgb: the picture, (H, W, 3) uint8.
            mask: the model's answer, not empty.
            prompt: clicks and at most one box, in pixels of the picture.
            mask_logit: how firmly the eye is shown that mask; 0: it answers the prompt alone.
        """
        view = self._view(rgb, _box_around(mask, prompt))
        places = [(x, y) for x, y, _ in prompt.points]
        kinds = [POSITIVE if label else NEGATIVE for *_, label in prompt.points]
        if prompt.boxes:
            x0, y0, x1, y1 = prompt.boxes[0]
            places += [(x0, y0), (x1, y1)]
            kinds += [CORNER, FAR_CORNER]
        else:
            places.append((0.0, 0.0))
            kinds.append(PADDING)
        shown = view.covered(mask.pixels)
        hint = (2 * shown - 1) * mask_logit if mask_logit else None
        answers = retried(
            lambda: self._eye.answer(
                view.features,
                view.places(places),
                kinds,
                None if hint is None else hint.to(view.features),
            )
        )
        logits, expected = fetch(*answers)
        return Looks(view, logits, expected.tolist(), shown)

    def _view(self, rgb: np.ndarray, box: Sequence[float]) -> View:
        """The part of a picture around a box, encoded unless it lies in what was already."""
        for view in self._views:
            if view.rgb is rgb and view.shows(box):
                return view
        crop = square_around(box, rgb.shape[:2], CONTEXT, _LEAST_SIDE)
        longer = max(crop.width, crop.height)
        fitted = (
            max(STRIDE, round(crop.height * SIDE / longer / STRIDE) * STRIDE),
            max(STRIDE, round(crop.width * SIDE / longer / STRIDE) * STRIDE),
        )
        part = torch.from_numpy(rgb[crop.y0 : crop.y1, crop.x0 : crop.x1].copy())
        pixels = F.interpolate(
            part.permute(2, 0, 1)[None], fitted, mode="bilinear", antialias=True
        )[0]
        view = View(rgb, crop, fitted, retried(lambda: self._eye.look(pixels)))
        self._views = [view, *self._views[: _VIEWS_KEPT - 1]]
        return view


def _box_around(mask: Mask, prompt: Prompt) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 around a mask, its box and all clicks, what is not meant among them."""
    x0, y0, x1, y1 = object_box(mask.logits.numpy(), prompt, mask.grid)
    xs, ys = [x0, x1], [y0, y1]
    for x, y, _ in prompt.points:
        xs.append(x)
        ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)
