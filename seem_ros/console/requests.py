"""What a page sends, as values: checked, bounded, or refused with a reason."""

from __future__ import annotations

import json
import math
from typing import Any

from seem_ros.console.session import COMMANDS, Command
from seem_ros.prompts import Mode, Prompt, Stroke

MOST_POINTS = 200
MOST_BOXES = 20
MOST_STROKES = 20
MOST_STROKE_POINTS = 4000  # of all strokes of one prompt
LONGEST_TEXT = 200
LARGEST_ID = 65535
LARGEST_SIDE = 100_000  # pixels
LARGEST_STAMP = 2**63 - 1


def parse(text: str) -> dict[str, Any]:
    """Return the JSON object of a message.

    Raises:
        ValueError: it is none, or holds NaN or infinity.

    """
    try:
        message = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("the message is nested too deep") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ValueError("a message is a JSON object with a type")
    return message


def prompt_of(message: dict[str, Any], prompt_id: str, source: str) -> Prompt:
    """Return the prompt that a message describes.

    Raises:
        ValueError: a field has another type or is out of bounds.

    """
    strokes = [_stroke(item) for item in _items(message, "strokes", MOST_STROKES)]
    if sum(len(stroke.points) for stroke in strokes) > MOST_STROKE_POINTS:
        raise ValueError(f"strokes: at most {MOST_STROKE_POINTS} points")
    width, height = (whole(message, side, LARGEST_SIDE) for side in ("width", "height"))
    if bool(width) != bool(height):
        raise ValueError("width and height belong together")
    return Prompt(
        points=[_point(item) for item in _items(message, "points", MOST_POINTS)],
        boxes=[_box(item) for item in _items(message, "boxes", MOST_BOXES)],
        strokes=strokes,
        text=words(message, "text"),
        negative_text=words(message, "negative_text"),
        label=words(message, "label"),
        mode=_mode(message),
        instance_id=whole(message, "instance_id", LARGEST_ID),
        track=flag(message, "track"),
        stamp_ns=_stamp(message),
        image_size=(height, width) if height else None,
        id=prompt_id,
        source=source,
    )


def command_of(message: dict[str, Any], source: str) -> Command:
    """Return the command that a message describes.

    Raises:
        ValueError: it is unknown, or a field has another type or is out of bounds.

    """
    name = message.get("name")
    if name not in COMMANDS:
        raise ValueError(f"unknown command {str(name)[:40]!r}; known are {', '.join(COMMANDS)}")
    return Command(
        name=str(name),
        source=source,
        instance_id=whole(message, "instance_id", LARGEST_ID),
        text=words(message, "text"),
        on=flag(message, "on"),
    )


def operator_name(message: dict[str, Any]) -> str:
    """Return the name that an operator gave, printable characters only; empty for none."""
    return "".join(char for char in words(message, "name") if char.isprintable())[:24].strip()


def words(message: dict[str, Any], name: str) -> str:
    """Return a short line of text, empty where it is missing.

    Raises:
        ValueError: it is no text, or too long.

    """
    value = message.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ValueError(f"{name} must be a text of at most {LONGEST_TEXT} characters")
    # A lone surrogate is no character: it could not be sent on.
    return " ".join(value.encode("utf-8", "replace").decode().split())


def whole(message: dict[str, Any], name: str, largest: int) -> int:
    """Return a whole number in 0..largest, 0 where it is missing.

    Raises:
        ValueError: it is none.

    """
    value = message.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        raise ValueError(f"{name} must be a whole number in 0..{largest}")
    return value


def flag(message: dict[str, Any], name: str) -> bool:
    """Return a switch, off where it is missing.

    Raises:
        ValueError: it is neither true nor false.

    """
    value = message.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")
    return value


def _stamp(message: dict[str, Any]) -> int:
    """Read nanoseconds, written as a text: JavaScript's numbers have 53 bits."""
    value = message.get("stamp", "0")
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()) or len(value) > 19:
        raise ValueError("stamp must be nanoseconds, written as a text of digits")
    return min(int(value), LARGEST_STAMP)


def _mode(message: dict[str, Any]) -> Mode:
    name = message.get("mode", "add")
    known = {mode.name.lower(): mode for mode in Mode}
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"mode must be one of {', '.join(known)}")
    return known[name]


def _items(message: dict[str, Any], name: str, most: int) -> list[Any]:
    value = message.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{name} must be a list of at most {most}")
    return value


def _numbers(value: Any, count: int, name: str) -> tuple[float, ...]:
    """Return so many finite numbers."""
    fits = isinstance(value, list) and len(value) == count
    if not fits or not all(_is_number(item) for item in value):
        raise ValueError(f"{name} must be {count} numbers")
    return tuple(float(item) for item in value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= LARGEST_SIDE and math.isfinite(value)


def _point(value: Any) -> tuple[float, float, int]:
    x, y, label = _numbers(value, 3, "a point")
    if label not in (0, 1):
        raise ValueError("a point's label must be 1 (this) or 0 (not this)")
    return x, y, int(label)


def _box(value: Any) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = _numbers(value, 4, "a box")
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _stroke(value: Any) -> Stroke:
    if not isinstance(value, dict):
        raise ValueError("a stroke must be an object")
    points = _items(value, "points", MOST_STROKE_POINTS)
    if not points:
        raise ValueError("a stroke needs a point")
    (width,) = _numbers([value.get("width", 7.0)], 1, "a stroke's width")
    if not 0 < width <= 1000:
        raise ValueError("a stroke's width must be in 0..1000 pixels")
    pairs = tuple(_numbers(point, 2, "a stroke's point") for point in points)
    return Stroke(pairs, width, positive=flag({"positive": True, **value}, "positive"))  # type: ignore[arg-type]


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
