"""Where live audio comes from: a microphone, a recording played at its own pace, or a queue."""

from __future__ import annotations

import queue
import time
from abc import ABC, abstractmethod

import numpy as np

from seem_ros.speech.audio import SAMPLE_RATE, AudioError, Converter, read_recording

_BLOCK_S = 0.03
_QUEUED_BLOCKS = 400  # 12 s of audio while a sentence is being decoded


class Source(ABC):
    """A stream of (N,) int16 samples, mono, 16 kHz. Use it in a ``with`` statement."""

    def __enter__(self) -> Source:
        """Open the stream."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the stream."""
        return

    @abstractmethod
    def read(self, timeout_s: float) -> np.ndarray | None:
        """Wait for samples; None where none came in time.

        Raises:
            AudioError: the stream is broken.
            EOFError: the stream has ended.

        """


class QueueSource(Source):
    """Samples that somebody else puts in, from any thread; the oldest are dropped when full."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[np.ndarray] = queue.Queue(_QUEUED_BLOCKS)
        self.dropped = 0

    def put(self, samples: np.ndarray) -> None:
        """Add samples without waiting."""
        while True:
            try:
                return self._blocks.put_nowait(samples)
            except queue.Full:
                self.dropped += 1
                self.read(0.0)

    def read(self, timeout_s: float) -> np.ndarray | None:
        """Wait for samples; None where none came in time."""
        try:
            return self._blocks.get(block=timeout_s > 0, timeout=timeout_s or None)
        except queue.Empty:
            return None


class MicrophoneSource(QueueSource):
    """A microphone of this machine, through PortAudio.

    Args:
        device: number or part of the name; empty is the system's default.

    """

    def __init__(self, device: str = "") -> None:
        super().__init__()
        self._device: int | str | None = int(device) if device.isdigit() else device or None

    def __enter__(self) -> Source:
        """Open the microphone.

        Raises:
            AudioError: PortAudio or the microphone is missing, or it cannot be opened.

        """
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise AudioError(
                f"no microphone can be used: {error}; install sounddevice and libportaudio2"
            ) from None
        try:
            facts = sounddevice.query_devices(self._device, "input")
            rate = int(facts["default_samplerate"])
            self._converter = Converter(rate)
            self._stream = sounddevice.InputStream(
                samplerate=rate,
                blocksize=int(rate * _BLOCK_S),
                device=self._device,
                channels=1,
                dtype="int16",
                callback=self._on_samples,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            wanted = "no default microphone" if self._device is None else f"{self._device!r}"
            names = [each["name"] for each in sounddevice.query_devices()]
            found = ", ".join(names) or "no sound devices"
            raise AudioError(
                f"cannot open the microphone ({wanted}): {error}; found {found}"
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        """Close the microphone."""
        self._stream.close()

    def _on_samples(self, samples: np.ndarray, *_: object) -> None:
        self.put(self._converter(samples))


class FileSource(Source):
    """A recording, played as fast as it was spoken.

    Args:
        path: any sound file.

    Raises:
        AudioError: the file cannot be used.

    """

    def __init__(self, path: str) -> None:
        recording = read_recording(path)
        self.notes = recording.notes
        self._samples = recording.samples
        self._place = 0
        self._began_s = 0.0

    def __enter__(self) -> Source:
        """Start to play."""
        self._began_s = time.monotonic()
        self._place = 0
        return self

    def read(self, timeout_s: float) -> np.ndarray | None:
        """Wait until the next block was spoken.

        Raises:
            EOFError: the recording has ended.

        """
        if self._place >= len(self._samples):
            raise EOFError("the recording has ended")
        block = self._samples[self._place : self._place + int(_BLOCK_S * SAMPLE_RATE)]
        due_s = self._began_s + (self._place + len(block)) / SAMPLE_RATE
        wait_s = due_s - time.monotonic()
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            return None
        time.sleep(max(0.0, wait_s))
        self._place += len(block)
        return block
