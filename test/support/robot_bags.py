"""Recordings as a robot makes them: drawn images, and a string beside each."""

from __future__ import annotations

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer

from seem_ros.cli.bag_types import COMPRESSED_IMAGE, IMAGE, message_types
from support.flood_segmenter import draw_scene

RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)
START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000  # from frame to frame
TOPIC = "/camera/color/image_raw"


def scene(index: int) -> np.ndarray:
    """Draw a frame in which red moves, (120, 160, 3) uint8."""
    x0, y0, x1, y1 = RED
    return draw_scene([("red", (x0 + 5 * index, y0, x1 + 5 * index, y1)), ("blue", BLUE)])


def make(kind: str, **fields):
    """Make a message of a type by its name."""
    return message_types().types[kind](**fields)


def header(stamp_ns: int):
    """Make a std_msgs/Header of a time."""
    seconds, nanoseconds = divmod(stamp_ns, 10**9)
    stamp = make("builtin_interfaces/msg/Time", sec=seconds, nanosec=nanoseconds)
    return make("std_msgs/msg/Header", stamp=stamp, frame_id="camera_optical")


def raw(index: int, stamp_ns: int | None = None, encoding: str = "bgr8"):
    """Make the sensor_msgs/Image of a frame; of its own time, unless another is given."""
    pixels = np.ascontiguousarray(scene(index)[..., ::-1])
    height, width = pixels.shape[:2]
    return make(
        IMAGE, header=header(START_NS + index * STEP_NS if stamp_ns is None else stamp_ns),
        height=height, width=width, encoding=encoding, is_bigendian=0, step=3 * width,
        data=pixels.reshape(-1),
    )  # fmt: skip


def compressed(index: int):
    """Make the sensor_msgs/CompressedImage of a frame."""
    _, data = cv2.imencode(".png", np.ascontiguousarray(scene(index)[..., ::-1]))
    stamp = header(START_NS + index * STEP_NS)
    return make(COMPRESSED_IMAGE, header=stamp, format="png", data=data.reshape(-1))


def record(path, topics: dict, plugin=StoragePlugin.MCAP, mode=CompressionMode.NONE):
    """Write messages, and a string beside each, as a robot would."""
    store = message_types()
    writer = Writer(path, version=9, storage_plugin=plugin)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        text = writer.add_connection("/chatter", "std_msgs/msg/String", typestore=store)
        for topic, messages in topics.items():
            kind = messages[0].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=store)
            for index, message in enumerate(messages):
                log_ns = START_NS + index * STEP_NS + 5_000_000
                writer.write(connection, log_ns, store.serialize_cdr(message, kind))
                hello = make("std_msgs/msg/String", data="hello")
                writer.write(text, log_ns, store.serialize_cdr(hello, "std_msgs/msg/String"))


def messages_of(path) -> dict[str, list]:
    """Return topic -> [(time of recording, serialised message, type)]."""
    found: dict[str, list] = {}
    with Reader(path) as reader:
        for connection, log_ns, data in reader.messages():
            found.setdefault(connection.topic, []).append((log_ns, data, connection.msgtype))
    return found
