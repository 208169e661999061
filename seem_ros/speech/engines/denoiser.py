"""Take steady noise out of the mel spectrum of a sentence before pocketsphinx sees it.

A small network, trained on pairs of clean and noisy synthetic speech by
training/speech_denoiser.py. Arrays of mel bands are (T, 25), natural logarithms of power.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from seem_ros.resources import weights_path
from seem_ros.speech.engines.cepstra import BANDS

CONTEXT = 5  # frames before and after
_QUIET_SHARE = 0.15  # of the frames: in those nobody speaks, else it is no command
_FEWEST_QUIET = 5
_LOUD_SHARE = 0.1
_DECIBELS = 10.0 / math.log(10.0)


def noise_spectrum(bands: np.ndarray) -> np.ndarray:
    """Estimate (25,) the noise from the quietest frames."""
    quiet = max(_FEWEST_QUIET, int(_QUIET_SHARE * len(bands)))
    frames = np.argsort(bands.mean(axis=1))[:quiet]
    return np.log(np.exp(bands[frames]).mean(axis=0))


def speech_level(bands: np.ndarray) -> float:
    """Return the level that the loudest tenth of the frames reaches."""
    loud = max(1, int(_LOUD_SHARE * len(bands)))
    return float(np.sort(bands.mean(axis=1))[-loud])


def clearance_db(bands: np.ndarray) -> float:
    """Return how far speech stands out of the noise, averaged over the bands, in decibels."""
    return _DECIBELS * (speech_level(bands) - float(noise_spectrum(bands).mean()))


def network_input(bands: np.ndarray) -> np.ndarray:
    """Return (T, 25 * 13) float32: neighbouring frames above the noise, the noise, the frame.

    The last two are relative to the level of the speech, so that loudness does not matter.
    """
    noise, level = noise_spectrum(bands), speech_level(bands)
    padded = np.pad(bands - noise, ((CONTEXT, CONTEXT), (0, 0)), mode="edge") / 3.0
    near = [padded[shift : shift + len(bands)] for shift in range(2 * CONTEXT + 1)]
    relative = [np.broadcast_to(noise - level, bands.shape) / 5.0, (bands - level) / 5.0]
    return np.concatenate([*near, *relative], axis=1).astype(np.float32)


class Denoiser:
    """The network: two hidden layers; its output is added to the noisy bands.

    Args:
        weights: safetensors with ``0.weight``, ``0.bias``, ``2.weight``, ...; by default those
            that come with the package.

    """

    def __init__(self, weights: Path | None = None) -> None:
        tensors = load_file(weights or weights_path("speech_denoiser"))
        numbers = sorted({int(name.split(".")[0]) for name in tensors})
        self._layers = [
            (
                tensors[f"{number}.weight"].astype(np.float32).T,
                tensors[f"{number}.bias"].astype(np.float32),
            )
            for number in numbers
        ]

    def __call__(self, bands: np.ndarray) -> np.ndarray:
        """Estimate what (T, 25) bands would be without the noise."""
        values = network_input(bands)
        for number, (weight, bias) in enumerate(self._layers):
            values = (np.maximum(values, 0.0) if number else values) @ weight + bias
        return bands + values[:, :BANDS]
