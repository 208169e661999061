"""Proposals: everything in a picture by clicks on a grid, for models that answer clicks well.

A click that hits a thing gives the mask that other clicks on the thing give too; one that hits
nothing in particular gives a mask of its own. So masks count that several clicks agree on, as do
those of a detector's boxes. (The idea is SAM's automatic masks, Kirillov et al. 2023, with the
agreement of neighbours in the place of a predicted IoU.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import box_of
from seem_ros.model.helpers.detector import Detector
from seem_ros.prompts import Prompt
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.sightings import box_ious

CLICKS = 160  # on a picture
_AT_ONCE = 16  # questions, to bound memory
_LEAST_DETECTION = 0.3
_SAME_BOX = 0.7
_AGREE = 0.75  # IoU of two clicks' masks that are one
_LEAST_AGREEING = 0.5  # share of the clicks on a mask that give the same one
_LEAST_LEFT = 0.6  # share of a mask that surer ones leave to it
_LEAST_AREA = 0.005  # of the picture


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mask, what it answers, and how much speaks for it: above 1 for what a detector saw."""

    evidence: Evidence
    match: Match
    weight: float


def propose(picture: Picture, detector: Detector | None) -> list[Proposal]:
    """Return what is in a picture, surest first; no two share a cell of the grid.

    Args:
        picture: to be asked.
        detector: of everyday things, None where there is none.
    """
    found = [*_clicked(picture), *(_detected(picture, detector) if detector else [])]
    taken = torch.zeros(picture.grid.cells, dtype=torch.bool)
    rows, columns = picture.grid.shown
    least_area = _LEAST_AREA * rows * columns
    kept: list[Proposal] = []
    for each in sorted(found, key=lambda proposal: -proposal.weight):
        mask = each.match.mask
        left = mask.cells & ~taken
        if int(left.sum()) < max(_LEAST_LEFT * mask.cell_count, least_area):
            continue
        own = Mask(torch.where(taken, -mask.logits.abs(), mask.logits), mask.grid)
        kept.append(replace(each, match=replace(each.match, mask=own)))
        taken |= left
    return kept


def separated(
    matches: Sequence[Match], names: Sequence[tuple[str, float]]
) -> tuple[np.ndarray, list[SegmentedObject]]:
    """Give every pixel to the first match that covers it.

    Args:
        matches: surest first, at least one.
        names: class name and its probability for each.

    Returns:
        (H, W) int32 labels, 0 = nothing, and the object of label i at place i - 1.
    """
    labels = np.zeros(matches[0].mask.grid.original, np.int32)
    objects: list[SegmentedObject] = []
    for match, (name, sure) in zip(matches, names, strict=True):
        mask = match.mask.pixels & (labels == 0)
        if mask.any():
            objects.append(SegmentedObject(mask, match.score, name, sure, box_of(mask)))
            labels[mask] = len(objects)
    return labels, objects


def _detected(picture: Picture, detector: Detector) -> list[Proposal]:
    """What a detector's boxes hold; of boxes in one place the surest."""
    things = picture.seen_by(detector)
    boxes, scores = things.boxes, things.scores
    chosen: list[int] = []
    for row in scores.argsort(descending=True).tolist():
        if scores[row] < _LEAST_DETECTION:
            break
        if not (box_ious(boxes[row], boxes[chosen]) > _SAME_BOX).any():
            chosen.append(row)
    evidence = [Evidence(Prompt(boxes=(tuple(boxes[row].tolist()),))) for row in chosen]
    return [
        Proposal(each, match, 1 + float(scores[row]) * match.score)
        for row, each, match in zip(chosen, evidence, _asked(picture, evidence), strict=True)
        if match.mask.cell_count
    ]


def _clicked(picture: Picture) -> list[Proposal]:
    """Masks of a grid of clicks that other clicks on them confirm."""
    clicks = _grid_clicks(*picture.size)
    evidence = [Evidence(Prompt(points=((x, y, 1),))) for x, y in clicks]
    matches = _asked(picture, evidence)
    agreeing = _agreement(picture, clicks, [match.mask.cells for match in matches])
    return [
        Proposal(each, match, float(share) * match.score)
        for each, match, share in zip(evidence, matches, agreeing, strict=True)
        if share >= _LEAST_AGREEING
    ]


def _grid_clicks(height: int, width: int) -> list[tuple[float, float]]:
    """Places (x, y) at even distances."""
    step = (height * width / CLICKS) ** 0.5
    rows, columns = (np.arange(step / 2, side, step) for side in (height, width))
    return [(float(x), float(y)) for y in rows for x in columns]


def _asked(picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
    parts = (evidence[start : start + _AT_ONCE] for start in range(0, len(evidence), _AT_ONCE))
    return [match for part in parts for match in picture.pointed(part)]


def _agreement(
    picture: Picture, clicks: Sequence[tuple[float, float]], cells: Sequence[Tensor]
) -> np.ndarray:
    """For each click's mask (h, w) the share of other clicks on it whose mask is the same (N,).

    0 where no other click is on it.
    """
    rows, columns = picture.grid.shown
    height, width = picture.size
    masks = torch.stack([each[:rows, :columns] for each in cells])
    flat = masks.flatten(1).float()
    shared, areas = flat @ flat.T, flat.sum(1)
    same = shared / (areas[:, None] + areas - shared).clamp(min=1) >= _AGREE
    y = [min(rows - 1, int(y * rows / height)) for _, y in clicks]
    x = [min(columns - 1, int(x * columns / width)) for x, _ in clicks]
    inside = masks[:, y, x].fill_diagonal_(False)
    share = (same & inside).sum(1) / inside.sum(1).clamp(min=1)
    return share.numpy()
