"""Messages of one stamp as a View, and the node's other messages as the console's values."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from PIL import Image as Picture
from sensor_msgs.msg import CompressedImage

from seem_ros import msg
from seem_ros.console.session import Heard, Notice, Status, Thing, View
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.bit_depth import Narrowing

LONGEST_BEHIND_S = 8.0  # masks older than the image by more are not shown

STATES = {
    msg.Instance.TRACKED: "tracked",
    msg.Instance.UNCERTAIN: "uncertain",
    msg.Instance.LOST: "lost",
}
NODE_STATES = {
    msg.Status.STARTING: "starting",
    msg.Status.WAITING: "waiting",
    msg.Status.RUNNING: "running",
    msg.Status.STALE: "stale",
    msg.Status.DISABLED: "disabled",
    msg.Status.ERROR: "error",
}
CODES = {
    msg.PromptStatus.ACCEPTED: "accepted",
    msg.PromptStatus.REFUSED: "refused",
    msg.PromptStatus.NOT_FOUND: "not_found",
    msg.PromptStatus.DONE: "done",
}


def whole_view(image: Any, received_s: float, record: Any, labels: Any) -> View:
    """Return the view of an image message with its InstanceArray and label image."""
    return View(
        stamp_ns=stamps.to_ns(record.header.stamp),
        size=(record.height, record.width),
        received_s=received_s,
        rgb=lambda: _rgb(image),
        labels=lambda: images.to_labels(labels),
        jpeg=_jpeg(image),
        things=tuple(_thing(item) for item in record.instances),
        target_id=record.target_id,
    )


def live_view(image: Any, received_s: float, last: View | None) -> View:
    """Return the view of an image message whose own masks are not there, with the last ones.

    After a while the last ones are left out; the things are listed still, without a place.

    Raises:
        ValueError: it is no picture.

    """
    view = View(
        stamp_ns=stamps.to_ns(image.header.stamp),
        size=_size(image),
        received_s=received_s,
        rgb=lambda: _rgb(image),
        jpeg=_jpeg(image),
    )
    if last is None:
        return view
    behind_s = (view.stamp_ns - last.stamp_ns) / 1e9
    if view.size == last.size and 0 <= behind_s <= LONGEST_BEHIND_S:
        return replace(
            view,
            labels=last.labels,
            things=last.things,
            target_id=last.target_id,
            behind_s=behind_s,
        )
    things = tuple(replace(thing, box=None) for thing in last.things)
    return replace(view, things=things, target_id=last.target_id)


def status_of(message: Any) -> Status:
    """Return the Status of a Status message."""
    return Status(
        state=NODE_STATES.get(message.state, "error"),
        message=message.message,
        model=message.model,
        device=message.device,
        input_rate=_finite(message.input_rate),
        output_rate=_finite(message.output_rate),
        latency=_finite(message.latency),
        inference_time=_finite(message.inference_time),
        received=message.images_received,
        dropped=message.images_dropped,
    )


def notice_of(message: Any, source: str) -> Notice:
    """Return the Notice of a PromptStatus message about a prompt of `source`."""
    code = CODES.get(message.code, "refused")
    return Notice(message.id, source, code, message.message, message.instance_id)  # type: ignore[arg-type]


def heard_of(message: Any) -> Heard:
    """Return the Heard of a Heard message."""
    return Heard(message.text, message.is_final, message.command, message.phrase, message.refusal)


def _thing(instance: Any) -> Thing:
    roi, box = instance.roi, None
    if instance.area:
        left, top = roi.x_offset, roi.y_offset
        box = left, top, left + roi.width, top + roi.height
    return Thing(
        instance.id,
        instance.label,
        instance.class_name,
        _finite(instance.score),
        _finite(instance.class_score),
        STATES.get(instance.state, "lost"),
        box,
        instance.reading,
        instance.readings,
    )


def _finite(value: float) -> float:
    """JSON has no NaN."""
    return value if abs(value) < float("inf") else 0.0


def _rgb(image: Any) -> Any:
    if isinstance(image, CompressedImage):
        return images.compressed_to_rgb(image, Narrowing())
    return images.to_rgb(image, Narrowing())


def _jpeg(image: Any) -> bytes:
    """Return the camera's own JPEG, if it is one whose colours are as they should be."""
    if not isinstance(image, CompressedImage) or "compressed rgb8" in image.format:
        return b""
    data = bytes(image.data)
    return data if data[:3] == b"\xff\xd8\xff" else b""


def _size(image: Any) -> tuple[int, int]:
    if not isinstance(image, CompressedImage):
        if not (image.height and image.width):
            raise ValueError("the image is empty")
        return image.height, image.width
    try:
        with Picture.open(io.BytesIO(bytes(image.data))) as picture:  # reads the header only
            return picture.height, picture.width
    except OSError as error:
        raise ValueError(f"compressed image cannot be read: {error}") from None
