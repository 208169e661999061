"""Instances and reports to the messages that the node publishes.

Every function that takes a `header` puts it into the message as it is: outputs carry exactly the
header of the image they were computed from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sensor_msgs.msg import Image, RegionOfInterest

from seem_ros import instances as model
from seem_ros import msg
from seem_ros.ros.messages import images, stamps

STATES = {
    model.TRACKED: msg.Instance.TRACKED,
    model.UNCERTAIN: msg.Instance.UNCERTAIN,
    model.LOST: msg.Instance.LOST,
}
CODES = {
    "accepted": msg.PromptStatus.ACCEPTED,
    "refused": msg.PromptStatus.REFUSED,
    "not_found": msg.PromptStatus.NOT_FOUND,
    "done": msg.PromptStatus.DONE,
}
LARGEST_MONO8_ID = 255


def instance_message(instance: model.Instance, header: Any, with_mask: bool) -> msg.Instance:
    """Return a seem_ros/Instance; its mask only where asked for and the instance is in view."""
    message = msg.Instance(
        id=instance.id,
        label=instance.label,
        class_name=instance.class_name,
        score=float(instance.score),
        class_score=float(instance.class_score),
        state=STATES[instance.state],
        prompt_kinds=int(instance.prompt_kinds),
        area=instance.area,
        last_seen=stamps.to_time(instance.last_seen),
    )
    if instance.mask is not None and instance.box is not None:
        x0, y0, x1, y1 = instance.box
        message.roi = RegionOfInterest(x_offset=x0, y_offset=y0, width=x1 - x0, height=y1 - y0)
        if with_mask:
            message.mask = mask_image(instance.mask[y0:y1, x0:x1], header)
    return message


def instance_array(
    instances: Iterable[model.Instance],
    size: tuple[int, int],
    target_id: int,
    header: Any,
    with_masks: bool = False,
) -> msg.InstanceArray:
    """Return a seem_ros/InstanceArray in order of id; `size` is (height, width) of the image."""
    ordered = sorted(instances, key=lambda instance: instance.id)
    return msg.InstanceArray(
        header=header,
        height=size[0],
        width=size[1],
        target_id=target_id,
        instances=[instance_message(instance, header, with_masks) for instance in ordered],
    )


def label_image(
    instances: Iterable[model.Instance],
    size: tuple[int, int],
    header: Any,
    encoding: str = "mono16",
) -> Image:
    """Return the label image, mono16 or mono8: 0 is background, else the instance id.

    In mono8, 255 stands for every id above 254.
    """
    labels = model.label_image(instances, *size)
    if encoding == "mono8":
        labels = np.minimum(labels, LARGEST_MONO8_ID).astype(np.uint8)
    return images.image_message(labels, encoding, header)


def target_mask(
    instances: Iterable[model.Instance], size: tuple[int, int], target_id: int, header: Any
) -> Image:
    """Return the mono8 0/255 mask of the selected instance, all 0 while there is none in view."""
    for instance in instances:
        if instance.id == target_id and instance.mask is not None:
            return mask_image(instance.mask, header)
    return images.image_message(np.zeros(size, np.uint8), "mono8", header)


def mask_image(mask: np.ndarray, header: Any) -> Image:
    """Return (H, W) bool as a mono8 image of 0 and 255."""
    return images.image_message(mask.astype(np.uint8) * 255, "mono8", header)


def prompt_status(
    prompt_id: str, code: str, message: str, instance_id: int, header: Any
) -> msg.PromptStatus:
    """Return a seem_ros/PromptStatus; `code` is one of CODES."""
    return msg.PromptStatus(
        header=header, id=prompt_id, code=CODES[code], message=message, instance_id=instance_id
    )
