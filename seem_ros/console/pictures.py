"""Views as bytes: a JPEG, and the label image as compressed run lengths."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from seem_ros.console.pace import LEVELS, Level
from seem_ros.console.session import View

MOST_IDS = 255  # that one label image can tell apart
LABELS_SIDE = 640  # pixels; labels are not shrunk below


@dataclass(frozen=True)
class Coded:
    """A view at one level.

    Attributes:
        size: (height, width) of the labels.
        jpeg: the picture.
        labels: run lengths, see `run_lengths`; empty where nothing is known.
        ids: the instance id of each value in the labels, from value 1 on.

    """

    size: tuple[int, int]
    jpeg: bytes
    labels: bytes = b""
    ids: tuple[int, ...] = ()


class Coder:
    """Codes views in a thread of its own, once for all pages that want the same level."""

    def __init__(self) -> None:
        """Start without a thread; it is made with the first picture."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="console_pictures")
        self._view: View | None = None
        self._coded: dict[int, asyncio.Future[Coded]] = {}

    async def coded(self, view: View, level: int) -> Coded:
        """Return a view at LEVELS[level].

        Raises:
            ValueError: the image cannot be read.

        """
        if view is not self._view:
            self._view, self._coded = view, {}
        if level not in self._coded:
            loop = asyncio.get_running_loop()
            self._coded[level] = loop.run_in_executor(self._thread, code, view, LEVELS[level])
        return await asyncio.shield(self._coded[level])

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(cancel_futures=True)


def code(view: View, level: Level) -> Coded:
    """Return a view with its longer side at most `level.side`; larger ones are shrunk.

    Labels are small: they stay finer than a coarse picture, so that outlines are smooth.
    """
    size = _shrunk(view.size, level.side)
    jpeg = view.jpeg if view.jpeg and size == view.size else _jpeg(view.rgb(), size, level)
    if view.labels is None:
        return Coded(size, jpeg)
    size = _shrunk(view.size, max(level.side, LABELS_SIDE))
    ids = tuple(thing.id for thing in view.things if thing.box is not None)[:MOST_IDS]
    labels = run_lengths(_resized(view.labels(), size, cv2.INTER_NEAREST_EXACT), ids)
    return Coded(size, jpeg, labels, ids)


def run_lengths(labels: np.ndarray, ids: Sequence[int]) -> bytes:
    """Code an (H, W) label image, row by row, with 0 for all ids that are not listed.

    The result is zlib's: the number of runs (uint32, little endian), the length of each run
    (uint32 each), the value of each run (uint8 each; n stands for ids[n - 1]).
    """
    values = np.zeros(max(int(labels.max(initial=0)), max(ids, default=0)) + 1, np.uint8)
    values[list(ids)] = np.arange(1, len(ids) + 1)
    flat = values[labels.ravel()]
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    lengths = np.diff(starts, append=flat.size).astype("<u4")
    runs = np.array([len(starts)], "<u4").tobytes() + lengths.tobytes() + flat[starts].tobytes()
    return zlib.compress(runs, 1)


def _shrunk(size: tuple[int, int], side: int) -> tuple[int, int]:
    shrink = min(1.0, side / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def _jpeg(rgb: np.ndarray, size: tuple[int, int], level: Level) -> bytes:
    picture = cv2.cvtColor(_resized(rgb, size, cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, level.quality])
    if not done:
        raise ValueError(f"an image of shape {rgb.shape} cannot be written as JPEG")
    return coded.tobytes()


def _resized(pixels: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    if pixels.shape[:2] == size:
        return pixels
    return cv2.resize(pixels, size[::-1], interpolation=interpolation)
