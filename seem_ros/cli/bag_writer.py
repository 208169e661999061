"""Write what was tracked beside its images, under the topics of a recorded seem_node."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from seem_ros import instances as model
from seem_ros.cli.bag_types import COMPRESSED_IMAGE, IMAGE, INSTANCE_ARRAY, message_types
from seem_ros.cli.bags import RecordedImage
from seem_ros.instances import Instance, label_image

_NODE = "/seem_node"
_STATES = {model.TRACKED: "TRACKED", model.UNCERTAIN: "UNCERTAIN", model.LOST: "LOST"}
_JPEG_QUALITY = 80
_LAST_SECOND = 2**31 - 1  # of ROS's time


class BagWriter:
    """Writes a recording until it is closed: a folder, or one file if its name ends in .mcap."""

    def __init__(self, path: Path) -> None:
        """Start writing.

        Raises:
            FileExistsError: there is something of that name.

        """
        if path.exists():
            raise FileExistsError(f"{path} is there already")
        self._path = path
        self._as_file = path.suffix.lower() == ".mcap"
        folder = path.with_suffix(".unfinished") if self._as_file else path
        self._types = message_types()
        self._writer = Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._writer.open()
        self._connections: dict[str, Any] = {}

    def __enter__(self) -> BagWriter:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the recording, also when something went wrong: what was written can be read.

        Raises:
            OSError: it cannot be finished, such as for a full disk; then it is removed.

        """
        try:
            self._writer.close()
        except OSError as fault:
            shutil.rmtree(self._writer.path)
            raise OSError(
                f"cannot write {self._path}: {fault.strerror}; what there was of it is removed"
            ) from None
        if self._as_file:
            folder = self._writer.path
            next(folder.glob("*.mcap")).rename(self._path)
            shutil.rmtree(folder)

    def write(
        self,
        image: RecordedImage,
        instances: Sequence[Instance],
        target_id: int,
        overlay: np.ndarray,
    ) -> None:
        """Write an image as it was recorded, and what was found in it under the image's header.

        Args:
            image: as recorded.
            instances: found in it.
            target_id: the selected one, 0 for none.
            overlay: (H, W, 3) uint8 RGB.

        """
        size = overlay.shape[:2]
        self._append(image.topic, image.type, image.data, image.log_ns)
        record = self._instance_array(image.header, instances, size, target_id)
        self._append_message(f"{_NODE}/instances", record, image.log_ns)
        labels = self._image(image.header, label_image(instances, *size), "mono16")
        self._append_message(f"{_NODE}/label_image", labels, image.log_ns)
        if image.type == COMPRESSED_IMAGE:
            drawn, topic = self._jpeg(image.header, overlay), f"{_NODE}/overlay/compressed"
        else:
            drawn, topic = self._image(image.header, overlay, "rgb8"), f"{_NODE}/overlay"
        self._append_message(topic, drawn, image.log_ns)

    def _append_message(self, topic: str, message: Any, log_ns: int) -> None:
        data = self._types.serialize_cdr(message, message.__msgtype__)
        self._append(topic, message.__msgtype__, data, log_ns)

    def _append(self, topic: str, type_name: str, data: bytes, log_ns: int) -> None:
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(
                topic, type_name, typestore=self._types
            )
        self._writer.write(self._connections[topic], log_ns, data)

    def _new(self, type_name: str, **fields: Any) -> Any:
        return self._types.types[type_name](**fields)

    def _instance_array(
        self, header: Any, instances: Sequence[Instance], size: tuple[int, int], target_id: int
    ) -> Any:
        ordered = sorted(instances, key=lambda instance: instance.id)
        return self._new(
            INSTANCE_ARRAY,
            header=header,
            height=size[0],
            width=size[1],
            target_id=target_id,
            instances=[self._instance(instance) for instance in ordered],
        )

    def _instance(self, instance: Instance) -> Any:
        kind = self._types.types["seem_ros/msg/Instance"]
        x0, y0, x1, y1 = instance.box or (0, 0, 0, 0)
        point = self._new("geometry_msgs/msg/Point", x=0.0, y=0.0, z=0.0)
        no_header = self._new("std_msgs/msg/Header", stamp=self._time(0), frame_id="")
        turn = self._new("geometry_msgs/msg/Quaternion", x=0.0, y=0.0, z=0.0, w=1.0)
        return kind(
            id=instance.id,
            label=instance.label,
            class_name=instance.class_name,
            score=float(instance.score),
            class_score=float(instance.class_score),
            state=getattr(kind, _STATES[instance.state]),
            prompt_kinds=int(instance.prompt_kinds),
            roi=self._new(
                "sensor_msgs/msg/RegionOfInterest",
                x_offset=x0, y_offset=y0, height=y1 - y0, width=x1 - x0, do_rectify=False,
            ),
            area=instance.area,
            mask=self._image(no_header, np.zeros((0, 0), np.uint8), ""),
            has_3d=False,
            pose=self._new("geometry_msgs/msg/Pose", position=point, orientation=turn),
            pose_frame="",
            size=self._new("geometry_msgs/msg/Vector3", x=0.0, y=0.0, z=0.0),
            last_seen=self._time(instance.last_seen),
            reading=instance.reading,
            readings=instance.readings,
        )  # fmt: skip

    def _time(self, stamp_ns: int) -> Any:
        seconds, nanoseconds = divmod(stamp_ns, 10**9)
        return self._new(
            "builtin_interfaces/msg/Time", sec=min(seconds, _LAST_SECOND), nanosec=nanoseconds
        )

    def _image(self, header: Any, pixels: np.ndarray, encoding: str) -> Any:
        """Return an Image of (H, W) or (H, W, 3) pixels."""
        return self._new(
            IMAGE,
            header=header,
            height=pixels.shape[0],
            width=pixels.shape[1],
            encoding=encoding,
            is_bigendian=int(sys.byteorder == "big"),
            step=pixels.itemsize * int(np.prod(pixels.shape[1:])),
            data=np.ascontiguousarray(pixels).reshape(-1).view(np.uint8),
        )

    def _jpeg(self, header: Any, rgb: np.ndarray) -> Any:
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        kind = "rgb8; jpeg compressed bgr8"
        return self._new(COMPRESSED_IMAGE, header=header, format=kind, data=coded.reshape(-1))
