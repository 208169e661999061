"""Who owns which pixel, and who is who when two instances claim one thing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from seem_ros.instances import PixelBox, box_of, iou
from seem_ros.tracking.recall import distances

_OVERLAP_BONUS = 0.2  # for the earlier owner of a pixel: or masks of like score flicker
_COVERED_BONUS = 0.3  # a pen in front of a picture frame: J 0.78 instead of 0.60
_DUPLICATE_IOU = 0.7


def resolve_overlaps(
    masks: Sequence[np.ndarray],
    scores: Sequence[float],
    before: Sequence[np.ndarray | None],
    alike: Sequence[np.ndarray | None],
    bonus: float = _OVERLAP_BONUS,
    covered_bonus: float = _COVERED_BONUS,
) -> list[np.ndarray]:
    """Give every pixel to one mask: the best score, with bonuses.

    One bonus is for who owned the pixel before, the hysteresis that stops two masks of like score
    from flickering. One is for the mask that the others cover most of: a small thing in front of
    a large one, which would else be eaten up. And places count that look like one or the other.

    Args:
        masks: (H, W) bool each.
        scores: 0..1 each.
        before: each mask as the motion predicts it from the last frame, None if there is none.
        alike: (h, w) over the picture each, how much more a place is like the one than like
            anything else, -1..1; None where that is not known.
        bonus: added to the score of the earlier owner.
        covered_bonus: added to the score of a mask that is covered wholly, less to others.

    Returns:
        The masks without overlap.

    """
    crowd = np.zeros(masks[0].shape, np.uint8) if masks else np.zeros((1, 1), np.uint8)
    for mask in masks:
        crowd += mask
    claimed = np.nonzero(crowd > 1)
    if len(claimed[0]) == 0:
        return list(masks)
    claims = np.full((len(masks), len(claimed[0])), -2.0, np.float32)
    for row, mask, score, owned, look in zip(claims, masks, scores, before, alike, strict=True):
        inside = mask[claimed]
        claim: float | np.ndarray
        claim = score + covered_bonus * np.count_nonzero(inside) / max(1, np.count_nonzero(mask))
        claim = claim + (0.0 if owned is None else bonus * owned[claimed])
        claim = claim + (0.0 if look is None else _at(look, claimed, mask.shape))
        row[:] = np.where(inside, claim, -2.0)
    owner = claims.argmax(0)
    parts = [mask.copy() for mask in masks]
    for index, part in enumerate(parts):
        part[claimed] = owner == index
    return parts


def _at(look: np.ndarray, pixels: tuple[np.ndarray, ...], size: tuple[int, ...]) -> np.ndarray:
    """Return the values of an (h, w) map over a picture of (height, width) at its pixels."""
    rows, columns = (
        index * cells // side for index, cells, side in zip(pixels, look.shape, size, strict=True)
    )
    return look[rows, columns]


def divide(
    masks: Sequence[np.ndarray],
    before: Sequence[np.ndarray | None],
    rivals: Sequence[tuple[int, int]],
) -> list[np.ndarray]:
    """Give what two look-alikes both claim to the one whom the motion leads there.

    What both or neither are expected at goes to the one that is expected nearer; what is as near
    to both stays in both masks.

    Args:
        masks: (H, W) bool each.
        before: each mask as the motion predicts it from the last frame, None if there is none.
        rivals: pairs of indices of masks that looks cannot tell apart.

    Returns:
        The masks, less what rivals are to have.

    """
    parts, boxes = list(masks), [box_of(mask) for mask in masks]
    for first, second in rivals:
        here, there = before[first], before[second]
        if here is None or there is None or not _touch(boxes[first], boxes[second]):
            continue
        claimed = parts[first] & parts[second]
        if not (claimed.any() and here.any() and there.any()):
            continue
        lead = distances(there) - distances(here)
        lead = cv2.resize(lead, claimed.shape[::-1], interpolation=cv2.INTER_NEAREST)
        parts[first] = parts[first] & ~(claimed & (lead < 0))
        parts[second] = parts[second] & ~(claimed & (lead > 0))
    return parts


def impostors(
    masks: Sequence[np.ndarray],
    expected: Sequence[np.ndarray | None],
    likeness: Sequence[float],
    duplicate_iou: float = _DUPLICATE_IOU,
) -> set[int]:
    """Return the indices of masks that slipped onto another instance.

    Where two masks are nearly the same, the one that fits its own expectation less is the
    impostor: an instance does not jump, and it looks like itself.

    Args:
        masks: (H, W) bool each.
        expected: each mask as the motion predicts it from the last frame, None if unknown.
        likeness: similarity of each to its own memory, 0..1.
        duplicate_iou: overlap from which two masks are the same thing.

    """
    out: set[int] = set()
    boxes = [box_of(mask) for mask in masks]
    for first in range(len(masks)):
        for second in range(first + 1, len(masks)):
            if {first, second} & out or not _touch(boxes[first], boxes[second]):
                continue
            if iou(masks[first], masks[second]) < duplicate_iou:
                continue
            fits = [_fit(masks[i], expected[i]) + 0.2 * likeness[i] for i in (first, second)]
            out.add(first if fits[0] < fits[1] else second)
    return out


def _touch(first: PixelBox, second: PixelBox) -> bool:
    across = first[0] < second[2] and second[0] < first[2]
    return across and first[1] < second[3] and second[1] < first[3]


def _fit(mask: np.ndarray, expected: np.ndarray | None) -> float:
    return 0.0 if expected is None else iou(mask, expected)
