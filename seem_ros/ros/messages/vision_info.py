"""vision_msgs' latched companions of label images and detections: what the values mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from std_msgs.msg import Header

from seem_ros.ros.messages.frame_messages import LARGEST_MONO8_ID
from seem_ros.ros.messages.frame_result import FrameResult

if TYPE_CHECKING:
    from vision_msgs.msg import LabelInfo, VisionInfo

BACKGROUND = "background"


def label_names(result: FrameResult, encoding: str) -> dict[int, str]:
    """Return what each value of a frame's label image stands for, lost instances included.

    In mono8 all ids above 254 share the value 255, which therefore stands for no single thing.
    """
    names = {0: BACKGROUND}
    for instance in sorted(result.instances, key=lambda item: item.id):
        if encoding == "mono8" and instance.id >= LARGEST_MONO8_ID:
            names[LARGEST_MONO8_ID] = f"above {LARGEST_MONO8_ID - 1}"
        else:
            names[instance.id] = instance.name
    return names


def label_info(header: Header, names: Mapping[int, str], threshold: float) -> LabelInfo:
    """Return the names of a label image's values.

    Args:
        header: used as it is.
        names: value of the label image -> name.
        threshold: score below which nothing was labelled, 0..1.

    """
    from vision_msgs.msg import LabelInfo, VisionClass

    classes = [VisionClass(class_id=value, class_name=name) for value, name in names.items()]
    return LabelInfo(header=header, class_map=classes, threshold=threshold)


def vision_info(header: Header, model: str, location: str, version: int) -> VisionInfo:
    """Return which model the results are from.

    Args:
        header: used as it is.
        model: its name.
        location: topic where the names of the label image's values are.
        version: of these names.

    """
    from vision_msgs.msg import VisionInfo

    return VisionInfo(
        header=header,
        method=f"seem_ros {model}",
        database_location=location,
        database_version=version,
    )
