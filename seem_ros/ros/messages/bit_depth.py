"""16-bit pixels to 8 bits: cameras use 10 to 16 bits of them, and seldom say how many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Narrow = Callable[[np.ndarray], np.ndarray]
"""Takes (H, W) or (H, W, 3) uint16, returns the same shape in uint8."""

_SAMPLES = 20_000  # pixels looked at for the range of a picture
_SHARE = 0.1  # per cent of the pixels that may be cut off at each end: hot and dead ones
_LEAST_SPAN = 256.0  # counts; a smaller range is not stretched, or noise becomes a picture
_WIDEN, _TIGHTEN = 0.5, 0.02  # share of the way to the range of the next picture


def upper_bits(pixels: np.ndarray) -> np.ndarray:
    """Return the upper 8 of 16 bits."""
    return (pixels >> 8).astype(np.uint8)


class Narrowing:
    """Narrows the pictures of one camera, one after another.

    With a bit depth the upper 8 of its bits are kept. Without one, pictures are stretched by
    their own range, the same for all colours; it moves slowly, so that brightness does not
    flicker and a covered lens stays dark.
    """

    def __init__(self, bit_depth: Callable[[], int] = lambda: 0) -> None:
        """Start without a range; `bit_depth` returns how many bits the camera uses, 0 unknown."""
        self._bit_depth = bit_depth
        self._range: tuple[float, float] | None = None

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Return (H, W) or (H, W, 3) uint16 pixels as uint8."""
        bits = self._bit_depth()
        if bits:
            self._range = None
            return _stretched(pixels, 0.0, 2.0**bits)
        self._range = _moved(self._range, _range_of(pixels))
        low, high = self._range
        return _stretched(pixels, low, max(high, low + _LEAST_SPAN) + 1)


def _range_of(pixels: np.ndarray) -> tuple[float, float]:
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / _SAMPLES)))
    low, high = np.percentile(pixels[::step, ::step], (_SHARE, 100 - _SHARE))
    return float(low), float(high)


def _moved(held: tuple[float, float] | None, seen: tuple[float, float]) -> tuple[float, float]:
    """Return the range held, moved to that of a new picture; quickly where it is too narrow."""
    if held is None or seen[0] > held[1] or seen[1] < held[0]:  # another exposure altogether
        return seen
    low_share = _WIDEN if seen[0] < held[0] else _TIGHTEN
    high_share = _WIDEN if seen[1] > held[1] else _TIGHTEN
    low = held[0] + low_share * (seen[0] - held[0])
    return low, held[1] + high_share * (seen[1] - held[1])


def _stretched(pixels: np.ndarray, low: float, end: float) -> np.ndarray:
    """Return pixels with low..end, the end excluded, spread over 0..255."""
    counts = np.arange(2**16, dtype=np.float64)
    table = np.clip((counts - low) * (256.0 / (end - low)), 0, 255).astype(np.uint8)
    return table[pixels]
