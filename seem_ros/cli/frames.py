"""The frames of a folder of pictures, a video, an animated GIF or a recording."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
from PIL import Image

from seem_ros.cli.frame import Frame, FrameSource
from seem_ros.exchange.picture_files import MAX_PIXELS, pictures_in, read_rgb, rgb_of

BAG_ENDINGS = (".mcap", ".db3", ".bag")
_RATE = 30.0  # of pictures that tell no time
_GIF_MS = 100  # a GIF frame that tells none is shown so long


def open_frames(source: str | Path, topic: str | None = None) -> FrameSource:
    """Return the frames of a folder of pictures, a video, an animated GIF or a recording.

    Args:
        source: path.
        topic: of the images in a recording; None where there is only one.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: it holds no frames, or a topic was given where there are none.
        ImportError: what reads recordings is not installed.

    """
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(f"no such file or folder: {path}")
    if path.suffix.lower() in BAG_ENDINGS or (path / "metadata.yaml").is_file():
        from seem_ros.cli.bags import BagFrames

        return BagFrames(path, topic)
    if topic is not None:
        raise ValueError(f"{path} is no recording, so it has no --topic")
    if path.is_dir():
        return FolderFrames(path)
    if not path.is_file():
        raise ValueError(f"{path} is neither a file nor a folder")
    return GifFrames(path) if path.suffix.lower() == ".gif" else VideoFrames(path)


class FolderFrames:
    """The pictures of a folder in natural order, 30 a second."""

    def __init__(self, folder: Path) -> None:
        self._paths = pictures_in(folder)
        self.count: int | None = len(self._paths)
        self.rate = _RATE
        self.topic: str | None = None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures; raise ValueError at one that cannot be read."""
        for index, path in enumerate(self._paths):
            yield Frame(read_rgb(path), round(index * 1e9 / _RATE))


class GifFrames:
    """The frames of an animated GIF at the times it tells."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with Image.open(path, formats=["GIF"]) as animation:
                self.count: int | None = getattr(animation, "n_frames", 1)
                shown_ms = animation.info.get("duration") or _GIF_MS
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise ValueError(f"not an animation that can be read: {path} ({error})") from None
        self.rate = 1000.0 / shown_ms
        self.topic: str | None = None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames as they are shown; raise ValueError where one is cut off."""
        stamp_ms = 0.0
        with Image.open(self._path, formats=["GIF"]) as animation:
            for index in range(self.count or 0):
                try:
                    animation.seek(index)
                except (OSError, EOFError, ValueError) as error:
                    raise ValueError(f"frame {index} of {self._path}: {error}") from None
                rgb = rgb_of(animation, f"frame {index} of {self._path}")
                yield Frame(rgb, round(stamp_ms * 1e6))
                stamp_ms += animation.info.get("duration") or _GIF_MS


class VideoFrames:
    """The frames of a video file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        video = cv2.VideoCapture(str(path))
        width, height = video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)
        self.rate = video.get(cv2.CAP_PROP_FPS) or _RATE
        count = round(video.get(cv2.CAP_PROP_FRAME_COUNT))
        self.count: int | None = count if count > 0 else None
        self.topic: str | None = None
        opened = video.isOpened()
        video.release()
        if not opened:
            raise ValueError(f"not a video that can be read: {path}")
        if width * height > MAX_PIXELS:
            raise ValueError(f"{path} has frames of {width:.0f}x{height:.0f}, too large")

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; say so when the file ends before its header says."""
        video = cv2.VideoCapture(str(self._path))
        index = 0
        try:
            while True:
                there, picture = video.read()
                if not there:
                    break
                rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
                yield Frame(rgb, round(index * 1e9 / self.rate))
                index += 1
        finally:
            video.release()
        if index == 0:
            raise ValueError(f"not a video that can be read: {self._path}")
        if self.count is not None and index < self.count:
            said = (
                f"{self._path}: {index} of the {self.count} frames its header tells of were read"
            )
            print(f"seem-ros: {said}", file=sys.stderr)
