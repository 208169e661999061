"""The camera image with what was asked and what was found drawn on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from seem_ros.instances import LOST, UNCERTAIN, Instance, label_image
from seem_ros.prompts import Prompt, Stroke
from seem_ros.visualize.colours import colour_of, paint_labels
from seem_ros.visualize.text import darker, put_tag, text_scale

_FILL = 0.40
_TARGET_FILL = 0.60
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_OBJECT, _BACKGROUND = (40, 200, 60), (225, 40, 40)


def draw_overlay(
    rgb: np.ndarray,
    instances: Sequence[Instance],
    target_id: int = 0,
    prompts: Iterable[Prompt] = (),
    status: str = "",
    others: Iterable[np.ndarray] = (),
) -> np.ndarray:
    """Return a copy of an image with masks, names, states, prompts and a status line.

    Args:
        rgb: (H, W, 3) uint8 RGB.
        instances: masks of the same size; lost ones are named in the status line.
        target_id: the selected instance, drawn stronger; 0 for none.
        prompts: this frame's prompts, in its pixels.
        status: one line for the bottom edge.
        others: (H, W) bool masks of other readings of a click, drawn as thin outlines.

    Raises:
        ValueError: a mask has another size than the image.

    """
    height, width = rgb.shape[:2]
    for instance in instances:
        if instance.mask is not None and instance.mask.shape != (height, width):
            raise ValueError(
                f"mask of instance {instance.id} is {instance.mask.shape}, the image "
                f"{(height, width)} (height, width)"
            )
    picture = _filled(rgb, instances, target_id)
    seen = [instance for instance in instances if instance.mask is not None and instance.area]
    for instance in seen:
        _draw_outline(picture, instance, instance.id == target_id)
    for mask in others:
        _draw_thin_outline(picture, mask)
    for prompt in prompts:
        draw_prompt(picture, prompt)
    for instance in seen:
        _draw_name(picture, instance, instance.id == target_id)
    _draw_status(picture, status, instances)
    return picture


def _filled(rgb: np.ndarray, instances: Sequence[Instance], target_id: int) -> np.ndarray:
    """Blend every mask with its colour; the target more, uncertain ones less."""
    labels = label_image(instances, *rgb.shape[:2])
    picture = rgb.copy()
    covered = labels > 0
    if not covered.any():
        return picture
    weights = np.zeros(65536, np.float32)
    for instance in instances:
        strength = _TARGET_FILL if instance.id == target_id else _FILL
        weights[instance.id] = strength / 2 if instance.state == UNCERTAIN else strength
    weight = weights[labels[covered]][:, None]
    colours = paint_labels(labels[covered])
    picture[covered] = np.round(rgb[covered] * (1 - weight) + colours * weight).astype(np.uint8)
    return picture


def _line_width(picture: np.ndarray) -> int:
    return max(1, round(min(picture.shape[:2]) / 320))


def _draw_outline(picture: np.ndarray, instance: Instance, is_target: bool) -> None:
    assert instance.mask is not None
    mask = instance.mask.astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    width = _line_width(picture)
    if is_target:
        cv2.drawContours(picture, outlines, -1, _WHITE, 3 * width, cv2.LINE_AA)
    colour = colour_of(instance.id)
    if instance.state == UNCERTAIN:
        _draw_dashes(picture, outlines, colour, width)
    else:
        cv2.drawContours(picture, outlines, -1, colour, width, cv2.LINE_AA)


def _draw_thin_outline(picture: np.ndarray, mask: np.ndarray) -> None:
    """Draw a white line with dark gaps, which shows on any colour and is no instance's."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, _BLACK, 1)
    _draw_dashes(picture, outlines, _WHITE, 1)


def _draw_dashes(
    picture: np.ndarray,
    outlines: Iterable[np.ndarray],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    dash = 6 * width
    for outline in outlines:
        for start in range(0, len(outline), 2 * dash):
            cv2.polylines(picture, [outline[start : start + dash]], False, colour, width)


def _draw_name(picture: np.ndarray, instance: Instance, is_target: bool) -> None:
    assert instance.box is not None
    words = [f"{instance.id}", instance.name, f"{instance.name_score:.2f}"]
    if instance.state == UNCERTAIN:
        words.append("?")
    if is_target:
        words.insert(0, "TARGET")
    text = " ".join(word for word in words if word)
    scale = text_scale(*picture.shape[:2])
    x0, y0 = instance.box[:2]
    put_tag(picture, text, (x0, y0), darker(colour_of(instance.id)), scale)


def draw_prompt(picture: np.ndarray, prompt: Prompt) -> None:
    """Draw a prompt's clicks, boxes and strokes in place: green object, red background."""
    width = _line_width(picture)
    for x0, y0, x1, y1 in prompt.boxes:
        corners = (int(x0), int(y0)), (int(np.ceil(x1)) - 1, int(np.ceil(y1)) - 1)
        cv2.rectangle(picture, *corners, _WHITE, width + 2)
        cv2.rectangle(picture, *corners, _OBJECT, width)
    for stroke in prompt.strokes:
        _draw_stroke(picture, stroke)
    for x, y, label in prompt.points:
        _draw_click(picture, (int(x), int(y)), label == 1, 3 * width + 2)


def _draw_stroke(picture: np.ndarray, stroke: Stroke) -> None:
    colour = _OBJECT if stroke.positive else _BACKGROUND
    points = np.floor(np.asarray(stroke.points)).astype(np.int32)
    if len(points):
        cv2.polylines(picture, [points], False, colour, max(1, round(stroke.width)), cv2.LINE_AA)


def _draw_click(picture: np.ndarray, at: tuple[int, int], positive: bool, radius: int) -> None:
    """Draw a disc with a plus or a minus, so that the sign does not rest on colour alone."""
    x, y = at
    cv2.circle(picture, at, radius + 1, _WHITE, -1, cv2.LINE_AA)
    cv2.circle(picture, at, radius, _OBJECT if positive else _BACKGROUND, -1, cv2.LINE_AA)
    arm, width = max(1, radius // 2), max(1, radius // 4)
    cv2.line(picture, (x - arm, y), (x + arm, y), _WHITE, width)
    if positive:
        cv2.line(picture, (x, y - arm), (x, y + arm), _WHITE, width)


def _draw_status(picture: np.ndarray, status: str, instances: Iterable[Instance]) -> None:
    lost = [f"{item.id} {item.name}".strip() for item in instances if item.state == LOST]
    parts = [status] if status else []
    if lost:
        parts.append("lost: " + ", ".join(lost))
    if parts:
        scale = text_scale(*picture.shape[:2])
        put_tag(picture, "   ".join(parts), (0, picture.shape[0]), _BLACK, scale)
