"""A video file of pictures: finished and readable, or an error says that it is not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

CODECS = {".mp4": "mp4v", ".mkv": "mp4v", ".mov": "mp4v", ".avi": "MJPG"}


class VideoFile:
    """Writes pictures; the first one sets the size and makes the file and its folder.

    Attributes:
        path: of the file; its ending chooses the format.
        frames: pictures written.

    """

    def __init__(self, path: Path, rate: float) -> None:
        """Take a path, and the frames a second.

        Raises:
            ValueError: the ending is not that of a video.

        """
        if path.suffix.lower() not in CODECS:
            raise ValueError(f"{path} must end in one of {' '.join(CODECS)}")
        self.path, self.frames = path, 0
        self._rate = rate
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of its pictures, (0, 0) before the first one."""
        return self._size[1], self._size[0]

    def write(self, rgb: np.ndarray) -> None:
        """Append an (H, W, 3) uint8 RGB picture; one of another size is scaled.

        Raises:
            OSError: the file cannot be made.

        """
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._size = (rgb.shape[1], rgb.shape[0])
            codec = cv2.VideoWriter.fourcc(*CODECS[self.path.suffix.lower()])
            self._writer = cv2.VideoWriter(str(self.path), codec, self._rate, self._size)
            if not self._writer.isOpened():
                raise OSError(f"cannot write {self.path}")
        if (rgb.shape[1], rgb.shape[0]) != self._size:
            rgb = cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA)
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def close(self) -> None:
        """Finish the file; again, or before the first picture, it does nothing.

        Raises:
            OSError: not all that was written is in it. OpenCV says nothing of a full disk.

        """
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        if not self._is_whole():
            raise OSError(f"{self.path} is not complete: is the disk full?")

    def _is_whole(self) -> bool:
        """Tell whether all pictures can be read from the file, which takes less than writing."""
        video, count = cv2.VideoCapture(str(self.path)), 0
        try:
            while video.grab():
                count += 1
        finally:
            video.release()
        return count >= self.frames
