"""Batches for the refiner: cut-outs around answers of the model, varied, with the truth."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import iou
from seem_ros.model.helpers.refiner import FINE, LOGITS, MIDDLE
from seem_ros.segmenting.crops import (
    Crop,
    crop_around,
    near_border,
    object_box,
    planes_of,
    sampled,
)
from training.data.views import IGNORE
from training.refining.bank import Answer, Asked

_MARGINS = (0.1, 0.35)
_NO_PROMPT = 0.15  # masks also come from words and from tracking
_LEAST_IOU = 0.6  # worse masks are not wrong at their borders


class CutOuts:
    """Random batches of the answers in a bank.

    Raises:
        ValueError: none of them is near enough to its object to learn from.
    """

    def __init__(self, bank: Sequence[Asked]) -> None:
        self.rows = [
            (asked, answer)
            for asked in bank
            for answer in asked.answers
            if _iou(asked, answer) >= _LEAST_IOU
        ]
        if not self.rows:
            raise ValueError(
                f"no answer about {len(bank)} pictures overlaps its object by {_LEAST_IOU}: "
                "the model needs more training before its refiner, or more --pictures"
            )

    def batch(self, count: int, size: int, rng: np.random.Generator) -> list[Tensor]:
        """Planes, fine and middle features, targets and weights of ``count`` cut-outs."""
        rows = []
        for index in rng.integers(len(self.rows), size=count):
            asked, answer = self.rows[index]
            rows.append(varied(cut_out(asked, answer, size, rng), rng))
        return [torch.stack(column) for column in zip(*rows, strict=True)]


def _iou(asked: Asked, answer: Answer) -> float:
    """IoU of an answer with the truth on the answer's grid."""
    truth = (asked.labels == answer.instance_id).astype(np.float32)
    small = cv2.resize(truth, answer.logits.shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
    return iou(answer.logits > 0, small)


def cut_out(asked: Asked, answer: Answer, size: int, rng: np.random.Generator) -> list[Tensor]:
    """Cut out planes (7, S, S), features, target (S, S) and weight (S, S) about an answer."""
    grid = asked.grid
    box = np.array(object_box(answer.logits, answer.prompt, grid))
    sides = np.tile(box[2:] - box[:2], 2)
    shift = np.tile(rng.normal(0, 0.03, 2) * sides.max(), 2)
    moved = box + shift + rng.normal(0, 0.02, 4) * sides.max()
    box = moved if (moved[2:] > moved[:2]).all() else box
    crop = crop_around(box.tolist(), grid, rng.uniform(*_MARGINS))
    logits = torch.full((1, 1, *grid.cells), -10.0)
    rows, columns = answer.logits.shape
    logits[0, 0, :rows, :columns] = torch.from_numpy(answer.logits)
    planes = planes_of(asked.rgb, logits, [answer.prompt], [crop], grid, size)[0]
    fine = sampled(asked.fine.float(), [crop], grid, size // FINE)[0]
    middle = sampled(asked.middle.float(), [crop], grid, size // MIDDLE)[0]
    labels = asked.labels[crop.pixels]
    target = _cover(labels == answer.instance_id, crop, size)
    near = near_border(logits, [crop], grid, size)[0]
    weight = near * (1 - _cover(labels == IGNORE, crop, size))
    return [planes, fine, middle, target, weight]


def varied(row: list[Tensor], rng: np.random.Generator) -> list[Tensor]:
    """Change colours, noise and logits of a cut-out, sometimes drop its prompts, mirror it."""
    planes = row[0]
    if rng.random() < _NO_PROMPT:
        planes[LOGITS + 1 :] = 0
    if rng.random() < 0.7:
        tint = torch.from_numpy(rng.normal(0, 0.08, (3, 1, 1)).astype(np.float32))
        planes[:3] = (planes[:3] * rng.uniform(0.75, 1.25) + tint).clamp(-1, 1)
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(0, 0.08), planes[:3].shape).astype(np.float32)
        planes[:3] += torch.from_numpy(noise)
    if rng.random() < 0.3:
        planes[LOGITS] *= rng.uniform(0.6, 1.4)
    axes = [axis for axis, chance in ((-1, 0.5), (-2, 0.1)) if rng.random() < chance]
    return [x.flip(axes) for x in row]


def _cover(mask: np.ndarray, crop: Crop, size: int) -> Tensor:
    """Share of each pixel of a cut-out that a mask of it covers."""
    shrinks = max(crop.width, crop.height) >= size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return torch.from_numpy(cv2.resize(mask.astype(np.float32), (size, size), interpolation=how))
