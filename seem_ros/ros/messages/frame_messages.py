"""A FrameResult to the messages that the node publishes in 2-D: record, label image, target mask.

A `header` goes into a message as it is: outputs carry exactly the header of the image they were
computed from.
"""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import Image, RegionOfInterest
from std_msgs.msg import Header

from seem_ros import instances, msg
from seem_ros.instances import Instance
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.frame_result import FrameResult

STATES = {
    instances.TRACKED: msg.Instance.TRACKED,
    instances.UNCERTAIN: msg.Instance.UNCERTAIN,
    instances.LOST: msg.Instance.LOST,
}
LARGEST_MONO8_ID = 255


def instance_message(instance: Instance, header: Header, with_mask: bool) -> msg.Instance:
    """Return the record of an instance; its mask only where asked for and it is in view."""
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
        reading=instance.reading,
        readings=instance.readings,
    )
    if instance.mask is not None and instance.box is not None:
        x0, y0, x1, y1 = instance.box
        message.roi = RegionOfInterest(x_offset=x0, y_offset=y0, width=x1 - x0, height=y1 - y0)
        if with_mask:
            message.mask = images.mask_message(instance.mask[y0:y1, x0:x1], header)
    return message


def instance_array(result: FrameResult, with_masks: bool = False) -> msg.InstanceArray:
    """Return the record of a frame, in order of id, without 3-D fields."""
    ordered = sorted(result.instances, key=lambda instance: instance.id)
    height, width = result.size
    return msg.InstanceArray(
        header=result.header,
        height=height,
        width=width,
        target_id=result.target_id,
        instances=[instance_message(item, result.header, with_masks) for item in ordered],
    )


def label_image(result: FrameResult, encoding: str = "mono16") -> Image:
    """Return the label image, mono16 or mono8: 0 is background, else the instance id.

    In mono8, 255 stands for every id above 254.
    """
    labels = instances.label_image(result.instances, *result.size)
    if encoding == "mono8":
        labels = np.minimum(labels, LARGEST_MONO8_ID).astype(np.uint8)
    return images.image_message(labels, encoding, result.header)


def target_mask(result: FrameResult) -> Image:
    """Return the mono8 0/255 mask of the selected instance, all 0 while there is none in view."""
    target = result.instance(result.target_id)
    mask = None if target is None else target.mask
    return images.mask_message(
        np.zeros(result.size, bool) if mask is None else mask, result.header
    )
