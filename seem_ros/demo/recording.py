"""An MCAP file of ROS 2 messages that Foxglove and `ros2 bag play` open, without rosbag2.

Format: https://mcap.dev/spec and its registry: profile "ros2", message encoding "cdr", schema
encoding "ros2msg".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ament_index_python.packages import get_package_share_directory
from mcap.writer import Writer
from rclpy.serialization import serialize_message

if TYPE_CHECKING:
    from rclpy.type_support import Msg

_FIELD = re.compile(r"^\s*([A-Za-z][\w]*(?:/[\w/]+)?)[\[\]<=\d]*\s+[a-z]\w*", re.M)
_PRIMITIVES = re.compile(r"(bool|byte|char|w?string|float(32|64)|u?int(8|16|32|64))$")
_RULE = "=" * 80


class Recording:
    """Writes messages to an MCAP file until it is closed."""

    def __init__(self, path: Path) -> None:
        """Open the file for writing."""
        self._file = path.open("wb")
        self._writer = Writer(self._file)
        self._writer.start(profile="ros2", library="seem_ros")
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}

    def close(self) -> None:
        """Write the index and close the file."""
        self._writer.finish()
        self._file.close()

    def write(self, topic: str, message: Msg, stamp_ns: int) -> None:
        """Append a ROS message at a time in nanoseconds; `topic` without a leading slash."""
        if topic not in self._channels:
            schema = self._schema(type_name(type(message)))
            self._channels[topic] = self._writer.register_channel(f"/{topic}", "cdr", schema)
        self._writer.add_message(
            self._channels[topic],
            log_time=stamp_ns,
            publish_time=stamp_ns,
            data=serialize_message(message),
        )

    def _schema(self, name: str) -> int:
        if name not in self._schemas:
            text = definition(name).encode()
            self._schemas[name] = self._writer.register_schema(name, "ros2msg", text)
        return self._schemas[name]


def type_name(message_type: type[Msg]) -> str:
    """Return the name of a message class as "package/msg/Name"."""
    package = message_type.__module__.split(".")[0]
    return f"{package}/msg/{message_type.__name__}"


def definition(name: str) -> str:
    """Return the .msg text of a type with all types it is made of, as "ros2msg" wants them.

    Args:
        name: "package/msg/Name".

    Raises:
        FileNotFoundError: the definition is not installed.

    """
    texts: dict[str, str] = {}
    _collect(name, texts)
    first, *others = texts.items()
    parts = [first[1], *(f"{_RULE}\nMSG: {_short(other)}\n{text}" for other, text in others)]
    return "\n".join(parts)


def _collect(name: str, texts: dict[str, str]) -> None:
    """Add a type and all below it, each once."""
    if name in texts:
        return
    package, _, kind = name.split("/")
    texts[name] = (Path(get_package_share_directory(package)) / "msg" / f"{kind}.msg").read_text()
    for field_type in _FIELD.findall(_without_comments(texts[name])):
        if not _PRIMITIVES.match(field_type):
            _collect(_full(field_type, package), texts)


def _without_comments(text: str) -> str:
    return re.sub(r"#.*", "", text)


def _full(field_type: str, package: str) -> str:
    """Return "package/msg/Name" of a type as it is written in a field."""
    parts = field_type.split("/")
    return f"{parts[0] if len(parts) > 1 else package}/msg/{parts[-1]}"


def _short(name: str) -> str:
    package, _, kind = name.split("/")
    return f"{package}/{kind}"
