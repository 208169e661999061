"""The images of a recording: rosbag2 folders, MCAP and SQLite files, without ROS.

A recording may come from anybody: what it unpacks to is bounded, and nothing in it is run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from seem_ros.cli.bag_types import COMPRESSED_IMAGE, IMAGE, message_types
from seem_ros.cli.frame import Frame
from seem_ros.exchange.picture_files import check_encoded
from seem_ros.ros.messages import images
from seem_ros.ros.messages.stamps import to_ns

_METADATA_BYTES = 16_000_000
_RATES = (1.0, 1000.0)  # images a second that can be believed


@dataclass(frozen=True, eq=False)
class RecordedImage:
    """An image message as it lies in a recording.

    Attributes:
        topic: with a leading slash.
        type: sensor_msgs/msg/Image or CompressedImage.
        data: serialised, as recorded.
        log_ns: when it was recorded, nanoseconds.
        header: std_msgs/Header.

    """

    topic: str
    type: str
    data: bytes
    log_ns: int
    header: Any


class BagFrames:
    """The images of one topic of a recording."""

    def __init__(self, path: Path, topic: str | None) -> None:
        """Look into the recording.

        Raises:
            ValueError: it cannot be read, or has no such topic, or several and none was chosen.

        """
        self._path = path
        with _opened(path) as reader:
            self.topic: str | None = _chosen_topic(reader.connections, topic, path)
            chosen = [item for item in reader.connections if item.topic == self.topic]
            self.count: int | None = sum(item.msgcount for item in chosen)
            seconds = reader.duration / 1e9
        rate = self.count / seconds if seconds > 0 else 30.0
        self.rate = float(np.clip(rate, *_RATES))

    def __iter__(self) -> Iterator[Frame]:
        """Yield the images in order of recording; those that cannot be read are told and left out.

        Raises:
            ValueError: no image can be read, or the recording breaks off.

        """
        unreadable: list[str] = []
        newest_ns, count = -1, 0
        for type_name, log_ns, data in self._messages():
            try:
                message = _deserialised(data, type_name)
                rgb = _rgb(message, type_name)
            except ValueError as error:
                unreadable.append(str(error))
                continue
            # Pictures without a time, and those of a clock that was set back, are pictures too.
            newest_ns = max(to_ns(message.header.stamp) or log_ns, newest_ns + 1)
            count += 1
            recorded = RecordedImage(str(self.topic), type_name, data, log_ns, message.header)
            yield Frame(rgb, newest_ns, recorded)
        if unreadable:
            told = f"{len(unreadable)} images on {self.topic} cannot be read: {unreadable[0]}"
            if count == 0:
                raise ValueError(f"{self._path}: {told}")
            print(f"seem-ros: {told}", file=sys.stderr)
        elif count == 0:
            raise ValueError(f"{self._path} holds no image on {self.topic}")

    def _messages(self) -> Iterator[tuple[str, int, bytes]]:
        """Yield (type, time of recording, serialised message) of the chosen topic."""
        from seem_ros.cli.bounded_chunks import unpacked

        with _opened(self._path) as reader:
            packed = reader.compression_mode == "message"
            if packed:  # unpacked here, within bounds
                reader.storage.metadata = reader.storage.metadata._replace(compression_mode=None)
            chosen = [item for item in reader.connections if item.topic == self.topic]
            messages = reader.messages(chosen)
            while True:
                with _told_of(self._path):
                    connection, log_ns, data = next(messages, (None, 0, b""))
                    data = unpacked(data) if packed and connection else data
                if connection is None:
                    return
                yield connection.msgtype, log_ns, data


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a recording with rosbags for reading."""
    from rosbags.rosbag2 import Reader

    from seem_ros.cli.bounded_chunks import bound_chunks

    if path.suffix.lower() == ".bag":
        raise ValueError(
            f"{path} is a recording of ROS 1: convert it with rosbags-convert --src {path} "
            f"--dst {path.stem}"
        )
    if path.is_dir():
        _check_metadata(path / "metadata.yaml")
    bound_chunks()
    with _told_of(path):
        reader = Reader(path)
        reader.open()
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Turn whatever a damaged recording raises into one clear error."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 the library has no common type for damaged files
        reason = f"{error or type(error).__name__}".rstrip(".")
        if "end magic" in reason:
            reason = f"it breaks off; `mcap recover {path}` saves what is there"
        raise ValueError(f"the recording {path} cannot be read: {reason}") from error


def _check_metadata(path: Path) -> None:
    """Refuse what rosbags would unpack to the disk before anybody can look at it."""
    if path.stat().st_size > _METADATA_BYTES:
        raise ValueError(f"{path} is larger than {_METADATA_BYTES // 10**6} MB")
    with _told_of(path.parent):
        metadata = yaml.safe_load(path.read_text(encoding="utf-8"))
        mode = metadata["rosbag2_bagfile_information"].get("compression_mode", "")
    if str(mode).lower() == "file":
        raise ValueError(
            f"the files of {path.parent} are compressed as a whole: unpack them first, "
            "ros2 bag convert or unzstd"
        )


def _chosen_topic(connections: list[Any], topic: str | None, path: Path) -> str:
    """Return the topic that is meant, or the only one with colour images."""
    counts: dict[str, int] = {}
    for item in connections:
        if item.msgtype in (IMAGE, COMPRESSED_IMAGE) and not item.topic.endswith("Depth"):
            counts[item.topic] = counts.get(item.topic, 0) + item.msgcount
    there = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    if topic is None:
        cameras = {name.removesuffix("/compressed") for name in counts}
        if len(cameras) != 1:
            raise ValueError(f"say which --topic of {path}; with images are: {there or 'none'}")
        topic = cameras.pop()
    topic = f"/{topic.lstrip('/')}"
    for name in (topic, f"{topic}/compressed"):
        if name in counts:
            return name
    raise ValueError(f"{path} has no images on {topic}; with images are: {there or 'none'}")


def _deserialised(data: bytes, type_name: str) -> Any:
    from rosbags.serde import SerdeError

    try:
        return message_types().deserialize_cdr(data, type_name)
    except SerdeError as error:
        raise ValueError(f"not a {type_name}: {error}") from None


def _rgb(message: Any, type_name: str) -> np.ndarray:
    """Return the pixels as seem_node sees them, as an array of its own."""
    if type_name == COMPRESSED_IMAGE:
        check_encoded(message.data.tobytes(), "compressed image")
        return images.compressed_to_rgb(message)
    return np.array(images.to_rgb(message))
