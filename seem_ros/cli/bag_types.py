"""ROS messages without ROS, through the library rosbags."""

from __future__ import annotations

import functools
from typing import Any

from seem_ros.resources import message_paths

try:
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore
except ImportError as error:
    raise ImportError(
        f"recordings need the library rosbags ({error}): pip install 'seem-ros[bags]'"
    ) from None

INSTANCE_ARRAY = "seem_ros/msg/InstanceArray"
IMAGE, COMPRESSED_IMAGE = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"


@functools.cache
def message_types() -> Any:
    """Return the store of ROS 2's common messages and ours.

    The definitions that a recording carries are never used: rosbags makes Python code of them, and
    a recording may come from anybody. The messages read here are the same in every ROS 2.
    """
    store = get_typestore(Stores.ROS2_JAZZY)
    definitions: dict[str, Any] = {}
    for path in message_paths():
        text = path.read_text(encoding="utf-8")
        definitions.update(get_types_from_msg(text, f"seem_ros/msg/{path.stem}"))
    store.register(definitions)
    return store
