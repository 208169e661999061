"""Who owns which pixel, and who is who when two instances claim one thing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seem_ros.instances import iou


def resolve_overlaps(
    masks: Sequence[np.ndarray],
    scores: Sequence[float],
    before: Sequence[np.ndarray | None],
    bonus: float,
) -> list[np.ndarray]:
    """Give every pixel to one mask: the best score, with a bonus for who owned it before.

    The bonus is the hysteresis that stops two masks of like score from flickering.

    Args:
        masks: (H, W) bool each.
        scores: 0..1 each.
        before: each mask as the motion predicts it from the last frame, None if there is none.
        bonus: added to the score of the earlier owner.

    Returns:
        The masks without overlap.

    """
    crowd = np.zeros(masks[0].shape, np.uint8) if masks else None
    for mask in masks:
        crowd += mask
    if crowd is None or int(crowd.max(initial=0)) < 2:
        return list(masks)
    best = np.full(crowd.shape, -1.0, np.float32)
    owner = np.full(crowd.shape, -1, np.int32)
    for index, (mask, score, owned) in enumerate(zip(masks, scores, before, strict=True)):
        claim = np.full(crowd.shape, score, np.float32)
        if owned is not None:
            claim[owned] += bonus
        wins = mask & (claim > best)
        best[wins], owner[wins] = claim[wins], index
    return [owner == index for index in range(len(masks))]


def impostors(
    masks: Sequence[np.ndarray],
    expected: Sequence[np.ndarray | None],
    likeness: Sequence[float],
    duplicate_iou: float,
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
    for first in range(len(masks)):
        for second in range(first + 1, len(masks)):
            if {first, second} & out or iou(masks[first], masks[second]) < duplicate_iou:
                continue
            fits = [_fit(masks[i], expected[i]) + 0.2 * likeness[i] for i in (first, second)]
            out.add(first if fits[0] < fits[1] else second)
    return out


def _fit(mask: np.ndarray, expected: np.ndarray | None) -> float:
    return 0.0 if expected is None else iou(mask, expected)
