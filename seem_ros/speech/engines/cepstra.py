"""Mel spectra and cepstra as the acoustic model of pocketsphinx expects them (its feat.params).

The same numbers as pocketsphinx' own front end without its noise removal, so that something can be
done to the spectrum in between.
"""

from __future__ import annotations

import numpy as np

from seem_ros.speech.audio import SAMPLE_RATE

BANDS = 25
_CEPSTRA = 13
_FRAME, _STEP, _FFT = 410, 160, 512  # samples
_LOWEST_HZ, _HIGHEST_HZ = 130.0, 6800.0
_PRE_EMPHASIS = 0.97
_LIFTER = 22
_FLOOR = 1e-4
_WINDOW = 0.54 - 0.46 * np.cos(2.0 * np.pi * np.arange(_FRAME) / (_FRAME - 1))


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Compute (T, 25) float64 natural logarithms of the power in mel bands, 100 frames a second.

    Args:
        samples: (N,) int16, 16 kHz; what is shorter than a frame is filled with zeros.

    """
    values = samples.astype(np.float64)
    values[1:] -= _PRE_EMPHASIS * values[:-1]
    values = np.pad(values, (0, max(0, _FRAME - len(values))))
    frames = np.lib.stride_tricks.sliding_window_view(values, _FRAME)[::_STEP]
    power = np.abs(np.fft.rfft(frames * _WINDOW, _FFT)) ** 2
    return np.log(power @ _FILTERS.T + _FLOOR)


def cepstra(bands: np.ndarray) -> np.ndarray:
    """Turn (T, 25) logarithms of mel bands into (T, 13) float32 liftered cepstra."""
    return (bands @ _COSINES.T).astype(np.float32)


def _mel_filters() -> np.ndarray:
    """Make (25, 257) triangles of unit area whose corners lie on lines of the spectrum."""
    spacing = SAMPLE_RATE / _FFT
    lowest, highest = 2595.0 * np.log10(1.0 + np.array([_LOWEST_HZ, _HIGHEST_HZ]) / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(lowest, highest, BANDS + 2) / 2595.0) - 1.0)
    corners = np.floor(corners / spacing + 0.5) * spacing
    low, middle, high = (corners[n : n + BANDS, None] for n in range(3))
    lines = np.arange(_FFT // 2 + 1) * spacing
    rise, fall = (lines - low) / (middle - low), (high - lines) / (high - middle)
    return np.maximum(0.0, np.minimum(rise, fall)) * 2.0 / (high - low)


def _cosine_transform() -> np.ndarray:
    """Make the (13, 25) orthonormal cosine transform, liftered."""
    order = np.arange(_CEPSTRA)[:, None]
    matrix = np.cos(np.pi / BANDS * order * (np.arange(BANDS) + 0.5)) * np.sqrt(2.0 / BANDS)
    matrix[0] /= np.sqrt(2.0)
    return matrix * (1.0 + _LIFTER / 2.0 * np.sin(np.pi * order / _LIFTER))


_FILTERS = _mel_filters()
_COSINES = _cosine_transform()
