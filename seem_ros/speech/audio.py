"""Audio as every recogniser wants it: (N,) int16, mono, 16 kHz, from files, arrays and streams."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SAMPLE_RATE = 16000  # Hz
_RATES = range(4000, 192001)
_FULL_SCALE = 32768.0


class AudioError(ValueError):
    """Audio that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Recording:
    """A recording in memory.

    Attributes:
        samples: (N,) int16, mono, 16 kHz.
        notes: what had to be changed or is missing, for the user.

    """

    samples: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def read_recording(path: str | Path) -> Recording:
    """Read a sound file of any rate, width (8 to 32 bit, float) and number of channels.

    Raises:
        AudioError: there is no such file, it is no sound file, or it holds no samples.

    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    notes = []
    try:
        with soundfile.SoundFile(path) as file:
            rate, width, kind = file.samplerate, file.channels, file.subtype
            samples = file.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path} cannot be read as a sound file: {error}") from None
    missing = _missing_bytes(path)
    if missing:
        notes.append(f"the file is cut off: {missing} bytes are missing, the rest is used")
    if not len(samples):
        raise AudioError(f"{path} holds no samples" + (": it is cut off" if missing else ""))
    if kind != "PCM_16":
        notes.append(f"converted from {kind}")
    if rate != SAMPLE_RATE:
        notes.append(f"converted from {rate} Hz to {SAMPLE_RATE} Hz")
    if width > 1:
        notes.append(f"mixed from {width} channels")
    return Recording(Converter(rate, width)(samples, last=True), tuple(notes))


def _missing_bytes(path: Path) -> int:
    """Count the bytes that a RIFF header promises and the file lacks (0 for other formats)."""
    head = path.read_bytes()[:8]
    if len(head) < 8 or head[:4] != b"RIFF":
        return 0
    promised = struct.unpack("<I", head[4:])[0] + 8
    streamed = promised >= 0xFFFFFFF0  # written to a pipe: the length was not known
    return 0 if streamed else max(0, promised - path.stat().st_size)


class Converter:
    """Converts a stream to (N,) int16, mono, 16 kHz.

    Args:
        rate: samples a second of the input.
        channels: of the input, interleaved or as columns.

    Raises:
        AudioError: a rate or a number of channels that no microphone has.

    """

    def __init__(self, rate: int, channels: int = 1) -> None:
        if rate not in _RATES:
            raise AudioError(f"sample rate {rate} Hz: {_RATES[0]} to {_RATES[-1]} Hz can be used")
        if channels < 1:
            raise AudioError(f"{channels} channels: at least 1 is needed")
        self._channels = channels
        self._resampler = None
        if rate != SAMPLE_RATE:
            import soxr

            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")

    def __call__(self, samples: np.ndarray, *, last: bool = False) -> np.ndarray:
        """Convert the next samples: (N,), (N, channels) or interleaved; int16 or float +-1.

        Args:
            samples: of the stream.
            last: the stream ends with them.

        Raises:
            AudioError: a part of the channels is missing.

        """
        if samples.size % self._channels:
            raise AudioError(
                f"{samples.size} samples do not divide into {self._channels} channels"
            )
        scale = _FULL_SCALE if samples.dtype == np.int16 else 1.0
        frames = samples.reshape(-1, self._channels).astype(np.float32) / scale
        mono = np.nan_to_num(frames.mean(axis=1))
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono, last=last)
        return np.clip(np.rint(mono * _FULL_SCALE), -32768, 32767).astype(np.int16)


def samples_from_bytes(data: bytes | memoryview) -> np.ndarray:
    """View little-endian 16-bit PCM bytes as (N,) int16.

    Raises:
        AudioError: an odd number of bytes.

    """
    if len(data) % 2:
        raise AudioError(f"{len(data)} bytes are not a whole number of 16-bit samples")
    return np.frombuffer(data, dtype="<i2")
