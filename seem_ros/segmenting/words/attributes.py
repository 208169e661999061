"""Resolve the attributes of a phrase on masks: colour, size, side, order, number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.prompts.colours import COLOURS, classify
from seem_ros.prompts.phrases import SIZES, Phrase
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture

COLOUR_SHARE = 0.35  # of a mask's pixels; specular light and shadow take the rest


@dataclass(frozen=True, eq=False)
class Candidate:
    """A (H, W) bool mask of something that has the phrase's name, with its place in a list."""

    index: int
    mask: np.ndarray

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) mean of its pixels."""
        rows, columns = np.nonzero(self.mask)
        return float(columns.mean()), float(rows.mean())


def choose(phrase: Phrase, picture: Picture, matches: list[Match]) -> tuple[list[Match], int]:
    """Keep the matches that a phrase's attributes fit, in their order.

    Returns:
        The matches, and how many have the name and the colour, before side, size, order and
        number choose among them.
    """
    plain = Phrase(phrase.name, every=phrase.every)
    if not matches or phrase == plain:
        return matches, len(matches)
    seen = [match for match in matches if match.mask.enlarged.any()]
    masks = [match.mask.enlarged for match in seen]
    coloured = len(_coloured(phrase, picture.rgb, masks))
    return [seen[i] for i in resolve(phrase, picture.rgb, masks)], coloured


def resolve(phrase: Phrase, rgb: np.ndarray, masks: Sequence[np.ndarray]) -> list[int]:
    """Choose which masks a phrase means.

    Args:
        phrase: its attributes; the name is taken as given.
        rgb: (H, W, 3) uint8.
        masks: (H, W) bool each, not empty, best first.

    Returns:
        Indices of the chosen masks in the order given; empty when none fits.
    """
    chosen = _by_place(phrase, _coloured(phrase, rgb, masks))
    for size in (q for q in phrase.qualities if q in SIZES):
        chosen = _by_size(size, chosen, phrase.every or phrase.count > 1)
    if phrase.count:
        chosen = chosen[: phrase.count]
    return sorted(c.index for c in chosen)


def _coloured(phrase: Phrase, rgb: np.ndarray, masks: Sequence[np.ndarray]) -> list[Candidate]:
    """The masks that have all colours of a phrase."""
    chosen = [Candidate(i, m) for i, m in enumerate(masks)]
    for colour in (q for q in phrase.qualities if q in COLOURS):
        chosen = [c for c in chosen if colour_share(rgb, c.mask, colour) >= COLOUR_SHARE]
    return chosen


def colour_share(rgb: np.ndarray, mask: np.ndarray, colour: str) -> float:
    """Share of a mask's pixels that one would call this colour."""
    words = classify(rgb[mask])
    return float((words == COLOURS.index(colour)).mean())


def _by_place(phrase: Phrase, candidates: list[Candidate]) -> list[Candidate]:
    if not candidates or not (phrase.ordinal or phrase.side):
        return candidates
    side = phrase.counted_from or phrase.side or "left"
    if side == "middle":
        return [_middle(candidates)]
    axis = 0 if side in ("left", "right") else 1
    ordered = sorted(candidates, key=lambda c: c.centre[axis], reverse=side in ("right", "bottom"))
    if phrase.several:
        return ordered[::-1] if phrase.ordinal < 0 else _on_side(phrase, ordered, axis)
    place = phrase.ordinal - 1 if phrase.ordinal > 0 else phrase.ordinal
    return [ordered[place]] if -len(ordered) <= place < len(ordered) else []


def _on_side(phrase: Phrase, ordered: list[Candidate], axis: int) -> list[Candidate]:
    """Of several, those on the side that is said, unless a number says how many."""
    if phrase.count or phrase.ordinal:
        return ordered
    mean = float(np.mean([c.centre[axis] for c in ordered]))
    beyond = phrase.side in ("right", "bottom")
    return [c for c in ordered if (c.centre[axis] >= mean if beyond else c.centre[axis] <= mean)]


def _middle(candidates: list[Candidate]) -> Candidate:
    """The candidate nearest to the mean of all centres."""
    centres = np.array([c.centre for c in candidates])
    return candidates[int(np.linalg.norm(centres - centres.mean(0), axis=1).argmin())]


def _by_size(size: str, candidates: list[Candidate], several: bool) -> list[Candidate]:
    """The smallest or biggest one; of several, those on that side of the mean area."""
    if len(candidates) < 2:
        return candidates
    areas = np.array([np.count_nonzero(c.mask) for c in candidates])
    if several:
        kept = areas <= areas.mean() if size == "small" else areas >= areas.mean()
        return [c for c, k in zip(candidates, kept, strict=True) if k]
    return [candidates[int(areas.argmin() if size == "small" else areas.argmax())]]
