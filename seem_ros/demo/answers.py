"""What seem_node says to one image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image, PointCloud2
from visualization_msgs.msg import MarkerArray

from seem_ros.msg import Instance, InstanceArray
from seem_ros.ros.messages import images

# What must be there before a frame counts as answered.
NEEDED = {
    "instances": InstanceArray,
    "label_image": Image,
    "target_mask": Image,
    "overlay/compressed": CompressedImage,
}
# What comes only where there is depth, a little later.
SPATIAL = {"points": PointCloud2, "markers": MarkerArray}


@dataclass
class Answers:
    """The newest message of each topic for one image, by topic below the node's name."""

    messages: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything needed is there."""
        return all(topic in self.messages for topic in NEEDED)

    @property
    def spatial(self) -> bool:
        """Whether the cloud is there too."""
        return "points" in self.messages

    @property
    def instances(self) -> InstanceArray:
        """The full record."""
        return self.messages["instances"]

    @property
    def labels(self) -> np.ndarray:
        """(H, W) uint16 label image."""
        message = self.messages["label_image"]
        return np.frombuffer(message.data, np.uint16).reshape(message.height, message.width)

    @property
    def overlay(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB picture."""
        return images.compressed_to_rgb(self.messages["overlay/compressed"])

    def points(self, instance_id: int) -> np.ndarray:
        """(N, 3) float32 points of an instance, in the camera's optical frame, metres."""
        message = self.messages.get("points")
        if message is None:
            return np.empty((0, 3), np.float32)
        rows = np.frombuffer(message.data, np.uint8).reshape(-1, message.point_step)
        offsets = {field.name: field.offset for field in message.fields}

        def column(name: str, kind: str) -> np.ndarray:
            start = offsets[name]
            return rows[:, start : start + 4].copy().view(kind)[:, 0]

        own = column("instance_id", "<u4") == instance_id
        return np.stack([column(axis, "<f4")[own] for axis in "xyz"], 1)

    def instance(self, instance_id: int) -> Instance | None:
        """Return the record of one instance, None where it is not there."""
        found = (item for item in self.instances.instances if item.id == instance_id)
        return next(found, None)
