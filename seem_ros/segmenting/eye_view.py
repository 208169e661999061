"""Parts of a picture that the second eye looks at, and what it makes of a prompt there."""

from __future__ import annotations

import math
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
CONTEXT = 1.3  # least side of the square, of the longer side of what is meant
HINT = 3.0  # logits of a mask that it is shown: 8 kept it to the faults of that
_LEAST_SIDE = 32  # of the square, pixels of the picture
_FAR = -10.0  # logit of what it did not look at
_VIEWS_KEPT = 8
_LEAST_PROBABILITY = 1e-4
_STEPS = 2  # sizes of squares for each doubling
_PLACES = 8  # of a square's middle along its side


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

    def covered(self, values: np.ndarray) -> Tensor:
        """(H, W) bool or 0..1 of the picture -> means of the cells of the eye's masks."""
        part = torch.from_numpy(values[self.crop.pixels].copy()).float()
        size = (self.fitted[0] // CELL, self.fitted[1] // CELL)
        return F.interpolate(part[None, None], size, mode="bilinear", antialias=True)[0, 0]


@dataclass(frozen=True, eq=False)
class Asked:
    """What the eye is asked about a part of a picture.

    Attributes:
        view: the part.
        places: (N, 2) x y in pixels of the input, right and down.
        kinds: of each place, see :mod:`seem_ros.model.helpers.mask_decoder`.
        hint: (r, c) logits of the mask that it is shown, None for none.
    """

    view: View
    places: Tensor
    kinds: list[int]
    hint: Tensor | None

    @classmethod
    def of(cls, view: View, mask: Mask, prompt: Prompt, mask_logit: float) -> Asked:
        """Read a prompt, and see :meth:`EyeViews.looks`."""
        places = [(x, y) for x, y, _ in prompt.points]
        kinds = [POSITIVE if label else NEGATIVE for *_, label in prompt.points]
        if prompt.boxes:
            x0, y0, x1, y1 = prompt.boxes[0]
            places += [(x0, y0), (x1, y1)]
            kinds += [CORNER, FAR_CORNER]
        else:
            places.append((0.0, 0.0))
            kinds.append(PADDING)
        hint = (2 * view.covered(mask.pixels) - 1) * mask_logit if mask_logit else None
        return cls(view, view.places(places), kinds, hint)

    def answer(self, eye: SecondEye, features: Tensor) -> tuple[Tensor, Tensor]:
        """Ask an eye that sees these features: mask logits (4, r, c) and expected IoU (4,)."""
        hint = None if self.hint is None else self.hint.to(features)
        return eye.answer(features, self.places, self.kinds, hint)


@dataclass(frozen=True, eq=False)
class Looks:
    """What the eye makes of a prompt, on the CPU.

    Attributes:
        asked: what it was asked.
        logits: (4, r, c) on the part: the single answer, three readings.
        expected: (4,) IoU that it expects of each.
    """

    asked: Asked
    logits: Tensor
    expected: list[float]

    def mask(self, index: int, like: Mask) -> Mask:
        """One of its answers as a mask on the model's grid, exact on the part."""
        return self._as_mask(self.logits[index], like)

    def mean(self, own: Mask, share: float) -> Mask:
        """The mean of the single answer's and of the model's own probabilities.

        Args:
            own: the model's mask.
            share: of the single answer in the mean, 0..1.
        """
        covered = self.asked.view.covered(own.probabilities)
        both = torch.lerp(covered, self.logits[0].sigmoid(), share)
        return self._as_mask(both.logit(_LEAST_PROBABILITY), own)

    def _as_mask(self, logits: Tensor, like: Mask) -> Mask:
        crop = self.asked.view.crop
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
        self, rgb: np.ndarray, mask: Mask, prompt: Prompt, mask_logit: float = HINT
    ) -> Looks:
        """Look at what a prompt means.

        Args:
            rgb: the picture, (H, W, 3) uint8.
            mask: the model's answer, not empty.
            prompt: clicks and at most one box, in pixels of the picture.
            mask_logit: how firmly the eye is shown that mask; 0: it answers the prompt alone.
        """
        view = self._view(rgb, _box_around(mask, prompt))
        asked = Asked.of(view, mask, prompt, mask_logit)
        logits, expected = fetch(*retried(lambda: asked.answer(self._eye, view.features)))
        return Looks(asked, logits, expected.tolist())

    def _view(self, rgb: np.ndarray, box: Sequence[float]) -> View:
        """The part of a picture around a box, encoded unless it was just now."""
        crop = steady_square(box, rgb.shape[:2])
        for view in self._views:
            if view.rgb is rgb and view.crop == crop:
                return view
        longer = max(crop.width, crop.height)
        fitted = (
            max(STRIDE, round(crop.height * SIDE / longer / STRIDE) * STRIDE),
            max(STRIDE, round(crop.width * SIDE / longer / STRIDE) * STRIDE),
        )
        part = torch.from_numpy(rgb[crop.pixels].copy())
        pixels = F.interpolate(
            part.permute(2, 0, 1)[None], fitted, mode="bilinear", antialias=True
        )[0]
        view = View(rgb, crop, fitted, retried(lambda: self._eye.look(pixels)))
        self._views = [view, *self._views[: _VIEWS_KEPT - 1]]
        return view


def steady_square(box: Sequence[float], size: tuple[int, int]) -> Crop:
    """Return a square around a box that is often the same for boxes that are nearly the same.

    Which one depends on the box alone, not on what was looked at before: the same prompt must
    give the same mask.

    Args:
        box: x0, y0, x1, y1 in pixels.
        size: (height, width) of the picture.
    """
    least = max(_LEAST_SIDE, CONTEXT * max(box[2] - box[0], box[3] - box[1]))
    side = 2 ** (math.ceil(_STEPS * math.log2(least)) / _STEPS)
    step = side / _PLACES
    middle = [round((box[i] + box[i + 2]) / 2 / step) * step for i in (0, 1)]
    return square_around(middle, round(side), size)


def _box_around(mask: Mask, prompt: Prompt) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 around a mask, its box and all clicks, what is not meant among them."""
    x0, y0, x1, y1 = object_box(mask.logits.numpy(), prompt, mask.grid)
    xs, ys = [x0, x1], [y0, y1]
    for x, y, _ in prompt.points:
        xs.append(x)
        ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)
