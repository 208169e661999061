"""A video of what the tracker saw, written while it is on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from seem_ros.instances import Instance
from seem_ros.visualize.overlay import draw_overlay


class Recorder:
    """Writes one MP4; a new one takes the place of the last."""

    def __init__(self) -> None:
        """Make a folder for it, which goes with the recorder."""
        self._folder = tempfile.TemporaryDirectory(prefix="seem_console_")
        self._path = Path(self._folder.name) / "video.mp4"
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self.is_on = False
        self.frames = 0

    def switch(self, on: bool) -> None:
        """Begin a new video, or end it."""
        if on and not self.is_on:
            self.frames = 0
        if not on:
            self._end()
        self.is_on = on

    def add(
        self, rgb: np.ndarray, instances: Sequence[Instance], target_id: int, rate: float
    ) -> None:
        """Write a picture with the masks on it; pictures of another size are left out.

        Args:
            rgb: (H, W, 3) uint8.
            instances: what is drawn on it.
            target_id: the selected one.
            rate: frames a second, of the whole video where this is its first picture.

        """
        if not self.is_on:
            return
        if self._writer is None:
            self._size = rgb.shape[1], rgb.shape[0]
            coder = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._path), coder, rate, self._size)
        if (rgb.shape[1], rgb.shape[0]) == self._size:
            picture = draw_overlay(rgb, instances, target_id)
            self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            self.frames += 1

    def contents(self) -> bytes:
        """Return the video.

        Raises:
            ValueError: there is none, or it is still being written.

        """
        if self.is_on:
            raise ValueError("the video is still being recorded: stop it first")
        if not self._path.exists():
            raise ValueError("no video was recorded")
        return self._path.read_bytes()

    def close(self) -> None:
        """End the video and remove it."""
        self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None
