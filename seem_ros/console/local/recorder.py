"""A video of what the tracker saw, written while it is on."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seem_ros.exchange.video_file import VideoFile
from seem_ros.instances import Instance
from seem_ros.visualize.overlay import draw_overlay


class Recorder:
    """Writes one MP4; a new one takes the place of the last."""

    def __init__(self) -> None:
        """Make a folder for it, which goes with the recorder."""
        self._folder = tempfile.TemporaryDirectory(prefix="seem_console_")
        self._path = Path(self._folder.name) / "video.mp4"
        self._video: VideoFile | None = None
        self.is_on = False
        self.frames = 0

    def switch(self, on: bool) -> None:
        """Begin a new video, or end it.

        Raises:
            OSError: the video that ends is not complete, such as for a full disk.

        """
        if on and not self.is_on:
            self.frames = 0
        self.is_on = on
        if not on:
            self._end()

    def add(
        self, rgb: np.ndarray, instances: Sequence[Instance], target_id: int, rate: float
    ) -> None:
        """Write a picture with the masks on it; pictures of another size are left out.

        Args:
            rgb: (H, W, 3) uint8.
            instances: what is drawn on it.
            target_id: the selected one.
            rate: frames a second, of the whole video where this is its first picture.

        Raises:
            OSError: the video cannot be made; it is off then.

        """
        if not self.is_on:
            return
        if self._video is None:
            self._video = VideoFile(self._path, rate)
        if self._video.size not in ((0, 0), rgb.shape[:2]):
            return
        try:
            self._video.write(draw_overlay(rgb, instances, target_id))
        except OSError:
            self.is_on, self._video = False, None
            raise
        self.frames = self._video.frames

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
        with contextlib.suppress(OSError):  # nobody wants it any more
            self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.close()
