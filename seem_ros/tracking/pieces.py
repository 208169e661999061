"""One thing is in one place: which pieces of a mask can belong to one instance."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from seem_ros.tracking.recall import mean_under

FAR = 0.6  # gap between pieces of one thing, as a share of the square root of the larger's area
_MUCH = 0.2  # share of a mask that a piece needs to be taken for the thing itself
_CLEARLY = 0.05  # more like the thing than the largest piece, in cosines


def pieces_of(mask: np.ndarray) -> list[np.ndarray]:
    """Return the connected pieces of an (H, W) bool mask, largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count <= 2:
        return [mask] if count == 2 else []
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA]) + 1
    return [labels == label for label in order]


def far_pieces(mask: np.ndarray) -> int:
    """Return how many sizeable pieces of a mask lie far from its largest one."""
    pieces = pieces_of(mask)
    if len(pieces) < 2:
        return 0
    near = _reached(pieces[0])
    least = _MUCH / 4 * np.count_nonzero(mask)
    return sum(np.count_nonzero(p) >= least and not (p & near).any() for p in pieces[1:])


def one_thing(mask: np.ndarray, alike: np.ndarray | None) -> np.ndarray:
    """Return a mask without pieces far from the one that is the instance.

    That is the largest one, unless another sizeable one looks clearly more like it. What is near,
    as the two sides of a thing behind an occluder, stays.

    Args:
        mask: (H, W) bool.
        alike: (h, w) where the picture looks like the instance, None where that is not known.

    """
    pieces = pieces_of(mask)
    if len(pieces) < 2:
        return mask
    kept = _main(pieces, alike)
    rest = [piece for piece in pieces if piece is not kept]
    near = _reached(kept)
    while joined := [piece for piece in rest if (piece & near).any()]:
        rest = [piece for piece in rest if not any(piece is other for other in joined)]
        kept = np.logical_or.reduce([kept, *joined])
        near = _reached(kept)
    return kept if rest else mask


def _main(pieces: Sequence[np.ndarray], alike: np.ndarray | None) -> np.ndarray:
    """Return the piece that is the instance."""
    largest = pieces[0]
    if alike is None:
        return largest
    least = _MUCH * sum(np.count_nonzero(piece) for piece in pieces)
    sizeable = [piece for piece in pieces if np.count_nonzero(piece) >= least] or [largest]
    best = max(sizeable, key=lambda piece: mean_under(alike, piece))
    gain = mean_under(alike, best) - mean_under(alike, largest)
    return best if gain > _CLEARLY else largest


def _reached(piece: np.ndarray) -> np.ndarray:
    """Return where another piece of the same thing can be, (H, W) bool."""
    away = cv2.distanceTransform((~piece).astype(np.uint8), cv2.DIST_L2, 3)
    return away <= FAR * float(np.sqrt(np.count_nonzero(piece)))
