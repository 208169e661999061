"""Labelled videos: SEQ/frames/00000.jpg and SEQ/labels/00000.png, ids of the objects as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from seem_ros.evaluation.datasets import IGNORE, read_labels, read_rgb

FRAME_NS = 1_000_000_000 // 24  # DAVIS' 24 frames a second


@dataclass(frozen=True)
class LabelledVideo:
    """One sequence.

    Attributes:
        name: of its folder.
        frames: paths of the pictures, in order.
        labels: paths of the label images, as many.
        frame_ns: time from one frame to the next, nanoseconds.

    """

    name: str
    frames: tuple[Path, ...]
    labels: tuple[Path, ...]
    frame_ns: int = FRAME_NS

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)

    def images(self) -> Iterator[np.ndarray]:
        """Yield the (H, W, 3) uint8 frames."""
        for path in self.frames:
            yield read_rgb(path)

    def truth(self, index: int) -> np.ndarray:
        """Return the (H, W) uint16 label image of a frame, in the frame's size; ignored is 0."""
        labels = read_labels(self.labels[index])
        return np.where(labels == IGNORE, 0, labels).astype(np.uint16)

    def object_ids(self) -> list[int]:
        """Return the ids labelled in the first frame."""
        return [int(i) for i in np.unique(self.truth(0)) if i]


def labelled_videos(
    folder: str | Path, limit: int | None = None, every: int = 1
) -> list[LabelledVideo]:
    """Return the sequences of a folder, by name.

    Args:
        folder: of SEQ/frames and SEQ/labels.
        limit: at most so many sequences.
        every: take the first of so many frames.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds no sequences, or one has not a label image a frame.

    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    sequences = sorted(path.parent for path in folder.glob("*/frames"))
    if not sequences:
        raise ValueError(f"no sequences (SEQ/frames, SEQ/labels) in {folder}")
    return [_video(path, every) for path in sequences[:limit]]


def _video(path: Path, every: int) -> LabelledVideo:
    frames = tuple(sorted((path / "frames").iterdir()))
    labels = tuple(sorted((path / "labels").iterdir()))
    if not frames or [p.stem for p in frames] != [p.stem for p in labels]:
        raise ValueError(f"{path} has {len(frames)} frames and {len(labels)} label images")
    return LabelledVideo(path.name, frames[::every], labels[::every], FRAME_NS * every)


def resized_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a label image at (height, width), nearest neighbour."""
    if labels.shape == size:
        return labels
    return cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST)
