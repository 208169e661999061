"""Prompt.msg to Prompt and back, and PromptStatus.msg."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point32
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from seem_ros import msg
from seem_ros.prompts import Mode, Prompt, Stroke
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.bit_depth import Narrowing
from seem_ros.ros.one_line import NAME, one_line

CODES = {
    "accepted": msg.PromptStatus.ACCEPTED,
    "refused": msg.PromptStatus.REFUSED,
    "not_found": msg.PromptStatus.NOT_FOUND,
    "done": msg.PromptStatus.DONE,
}
# Why a prompt is refused that comes too early; the shell sends it again.
LOADING = "the model is being loaded: send the prompt again when the node is active"
_DEFAULT_WIDTH = Stroke(()).width


def prompt_from_message(message: msg.Prompt) -> Prompt:
    """Return the Prompt of a message.

    Raises:
        ValueError: a field cannot be right by itself: an unknown mode, labels that do not match
            the points, half an image size, an example without its mask, an unreadable image. What
            depends on the camera image (is the click inside?) is checked where that is known.

    """
    return Prompt(
        points=_points(message),
        boxes=[_box(box) for box in message.boxes],
        strokes=[_stroke(stroke) for stroke in message.strokes],
        mask=_mask(message.mask),
        text=message.text.strip(),
        negative_text=message.negative_text.strip(),
        example=_example(message),
        mode=_mode(message.mode),
        instance_id=message.instance_id,
        label=one_line(message.label, NAME),
        id=message.id,
        source=message.source,
        stamp_ns=stamps.to_ns(message.header.stamp),
        image_size=_image_size(message),
        track=message.track,
    )


def prompt_to_message(prompt: Prompt) -> msg.Prompt:
    """Return a message that prompt_from_message reads as the same prompt."""
    message = msg.Prompt(
        id=prompt.id,
        source=prompt.source,
        mode=int(prompt.mode),
        instance_id=prompt.instance_id,
        label=prompt.label,
        text=prompt.text,
        negative_text=prompt.negative_text,
        track=prompt.track,
    )
    message.header.stamp = stamps.to_time(prompt.stamp_ns)
    message.points = [Point32(x=float(x), y=float(y)) for x, y, _ in prompt.points]
    message.point_labels = [int(label) for _, _, label in prompt.points]
    message.boxes = [msg.Box(x0=x0, y0=y0, x1=x1, y1=y1) for x0, y0, x1, y1 in prompt.boxes]
    message.strokes = [_stroke_message(stroke) for stroke in prompt.strokes]
    message.image_height, message.image_width = prompt.image_size or (0, 0)
    if prompt.mask is not None:
        message.mask = images.mask_message(prompt.mask, Header())
    if prompt.example is not None:
        rgb, mask = prompt.example
        message.example_image = images.image_message(rgb, "rgb8", message.header)
        message.example_mask = images.mask_message(mask, Header())
    return message


def prompt_status(
    prompt_id: str, code: str, message: str, instance_id: int, header: Header
) -> msg.PromptStatus:
    """Return what became of a prompt; `code` is one of CODES."""
    return msg.PromptStatus(
        header=header,
        id=prompt_id,
        code=CODES[code],
        message=one_line(message),
        instance_id=instance_id,
    )


def _mode(value: int) -> Mode:
    try:
        return Mode(value)
    except ValueError:
        known = ", ".join(f"{mode.value} {mode.name}" for mode in Mode)
        raise ValueError(f"unknown mode {value}; known are {known}") from None


def _points(message: msg.Prompt) -> list[tuple[float, float, int]]:
    labels = list(message.point_labels) or [1] * len(message.points)
    if len(labels) != len(message.points):
        raise ValueError(
            f"{len(message.points)} points but {len(labels)} point_labels: "
            "give one each, or no label at all (all on the object)"
        )
    return [(point.x, point.y, label) for point, label in zip(message.points, labels, strict=True)]


def _box(box: msg.Box) -> tuple[float, float, float, float]:
    """Return the corners in order: any two opposite ones make a box."""
    (x0, x1), (y0, y1) = sorted((box.x0, box.x1)), sorted((box.y0, box.y1))
    return x0, y0, x1, y1


def _stroke(stroke: msg.Stroke) -> Stroke:
    if stroke.label not in (0, 1):
        raise ValueError(f"stroke label must be 1 (object) or 0 (background), got {stroke.label}")
    points = tuple((point.x, point.y) for point in stroke.points)
    return Stroke(points, stroke.width or _DEFAULT_WIDTH, positive=stroke.label == 1)


def _mask(message: Image) -> np.ndarray | None:
    return None if message.height == 0 else images.to_mask(message)


def _example(message: msg.Prompt) -> tuple[np.ndarray, np.ndarray] | None:
    has_image, has_mask = message.example_image.height > 0, message.example_mask.height > 0
    if has_image != has_mask:
        raise ValueError(
            "example_image and example_mask belong together: "
            f"only the {'image' if has_image else 'mask'} is set"
        )
    if not has_image:
        return None
    return images.to_rgb(message.example_image, Narrowing()), images.to_mask(message.example_mask)


def _image_size(message: msg.Prompt) -> tuple[int, int] | None:
    height, width = message.image_height, message.image_width
    if height == 0 and width == 0:
        return None
    if height == 0 or width == 0:
        raise ValueError(f"image_width {width} and image_height {height}: set both or neither")
    return height, width


def _stroke_message(stroke: Stroke) -> msg.Stroke:
    points = [Point32(x=x, y=y) for x, y in stroke.points]
    return msg.Stroke(points=points, width=stroke.width, label=int(stroke.positive))
