"""Where pictures come from when there is no robot: a file, a folder, or this machine's camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import cv2
import numpy as np

Frame = tuple[np.ndarray, int]  # (H, W, 3) uint8 RGB, stamp in nanoseconds

_OPEN_S = 5.0


class Footage(Protocol):
    """A source of pictures.

    Attributes:
        is_live: pictures come by themselves; the newest counts, and they cannot be paused.

    """

    is_live: bool

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures from the beginning."""


class FileFootage:
    """Pictures that can be played again: one, or as many as a clip has."""

    is_live = False

    def __init__(self, play: Callable[[], Iterator[Frame]]) -> None:
        """Take a function that yields the pictures from the beginning."""
        self._play = play

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures from the beginning."""
        return self._play()


class CameraFootage:
    """A camera of this machine; a thread reads it, so that what is taken is the newest."""

    is_live = True

    def __init__(self, number: int) -> None:
        """Open a camera.

        Raises:
            ValueError: there is no such camera.

        """
        self._capture = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise ValueError(f"camera {number} cannot be opened")
        self._number = number

    def frames(self) -> Iterator[Frame]:
        """Yield the newest picture each time.

        Raises:
            OSError: the camera sends no more.

        """
        newest: list[Frame] = []
        arrived, ended = threading.Condition(), threading.Event()

        def read() -> None:
            while not ended.is_set():
                there, picture = self._capture.read()
                with arrived:
                    if not there:
                        ended.set()
                    else:
                        newest[:] = [(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), time.time_ns())]
                    arrived.notify()

        thread = threading.Thread(target=read, name="console_camera", daemon=True)
        thread.start()
        try:
            while True:
                with arrived:
                    arrived.wait_for(lambda: newest or ended.is_set(), _OPEN_S)
                    if not newest:
                        raise OSError(f"camera {self._number} sends no pictures")
                    frame = newest.pop()
                yield frame
        finally:
            ended.set()
            thread.join()
            self._capture.release()
