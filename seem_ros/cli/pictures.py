"""Read and write pictures, label images and videos for the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm")


def read_rgb(path: str | Path) -> np.ndarray:
    """Return a picture as (H, W, 3) uint8 RGB.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a picture.

    """
    picture = _read(path, cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def read_labels(path: str | Path) -> np.ndarray:
    """Return a mask or label image as (H, W) uint16; colours count as non-zero.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a picture.

    """
    picture = _read(path, cv2.IMREAD_UNCHANGED)
    if picture.ndim == 3:
        picture = picture[..., :3].max(axis=2)
    return picture.astype(np.uint16)


def read_mask(path: str | Path) -> np.ndarray:
    """Return a picture as (H, W) bool, True where it is not black.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a picture.

    """
    return read_labels(path) > 0


def _read(path: str | Path, flags: int) -> np.ndarray:
    if not Path(path).is_file():
        raise FileNotFoundError(f"no such file: {path}")
    picture = cv2.imread(str(path), flags)
    if picture is None:
        raise ValueError(f"not a picture that can be read: {path}")
    return picture


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Write an (H, W) mask or label image or an (H, W, 3) RGB picture, making its folder.

    Raises:
        OSError: it cannot be written there.
        ValueError: the ending is not that of a picture.

    """
    path = Path(path)
    if path.suffix.lower() not in PICTURE_ENDINGS:
        raise ValueError(f"{path} must end in one of {' '.join(PICTURE_ENDINGS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), picture):
        raise OSError(f"cannot write {path}")


def frames_of(source: str | Path) -> Iterator[tuple[np.ndarray, int]]:
    """Yield ((H, W, 3) uint8 RGB, stamp in nanoseconds) of a folder of pictures or a video.

    Pictures are taken in the order of their names, 30 a second.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: it holds no frames.

    """
    source = Path(source)
    if source.is_dir():
        paths = sorted(p for p in source.iterdir() if p.suffix.lower() in PICTURE_ENDINGS)
        if not paths:
            raise ValueError(f"no pictures in {source}")
        for index, path in enumerate(paths):
            yield read_rgb(path), round(index * 1e9 / 30)
        return
    if not source.is_file():
        raise FileNotFoundError(f"no such file or folder: {source}")
    yield from _video_frames(source)


def _video_frames(source: Path) -> Iterator[tuple[np.ndarray, int]]:
    video = cv2.VideoCapture(str(source))
    try:
        rate = video.get(cv2.CAP_PROP_FPS) or 30.0
        count = 0
        while True:
            there, picture = video.read()
            if not there:
                break
            yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), round(count * 1e9 / rate)
            count += 1
    finally:
        video.release()
    if count == 0:
        raise ValueError(f"not a video that can be read: {source}")
