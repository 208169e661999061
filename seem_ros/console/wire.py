"""What the server sends to a page: lines of JSON, and pictures as one binary message each."""

from __future__ import annotations

import dataclasses
import json
import struct
from typing import Any

from seem_ros.console.pictures import Coded
from seem_ros.console.session import Heard, Notice, Status, Thing, View
from seem_ros.prompts import Prompt


def picture(view: View, coded: Coded, number: int, age_s: float, shown_age_s: float) -> bytes:
    """Return a picture's message.

    It is the length of a JSON header (uint32, little endian), the header, the JPEG, the labels.

    Args:
        view: what is shown.
        coded: its bytes.
        number: that the page returns when the picture is on the screen.
        age_s: since the image came, seconds.
        shown_age_s: how old the last picture was when this page had drawn it, seconds.

    """
    header = {
        "number": number,
        "stamp": str(view.stamp_ns),
        "height": view.size[0],
        "width": view.size[1],
        "rows": coded.size[0],
        "columns": coded.size[1],
        "jpeg": len(coded.jpeg),
        "labels": len(coded.labels),
        "ids": coded.ids,
        "things": [_thing(thing) for thing in view.things],
        "target": view.target_id,
        "behind_ms": round(view.behind_s * 1000),
        "age_ms": round(age_s * 1000),
        "shown_age_ms": round(shown_age_s * 1000),
    }
    text = _json(header).encode()
    return struct.pack("<I", len(text)) + text + coded.jpeg + coded.labels


def line(kind: str, **fields: Any) -> str:
    """Return a message of one line."""
    return _json({"type": kind, **fields})


def notice_line(notice: Notice) -> str:
    """Return the answer to a prompt or a command."""
    return line("notice", **dataclasses.asdict(notice))


def status_line(status: Status) -> str:
    """Return how the segmenter is."""
    return line("status", **dataclasses.asdict(status))


def heard_line(heard: Heard) -> str:
    """Return what was understood of speech."""
    return line("heard", **dataclasses.asdict(heard))


def prompt_line(prompt: Prompt) -> str:
    """Return what other operators see of a prompt: who, what, and where it was drawn."""
    strokes = [{"points": item.points, "positive": item.positive} for item in prompt.strokes]
    return line(
        "prompt",
        id=prompt.id,
        source=prompt.source,
        mode=prompt.mode.name.lower(),
        instance_id=prompt.instance_id,
        text=prompt.text,
        negative_text=prompt.negative_text,
        height=prompt.image_size[0] if prompt.image_size else 0,
        width=prompt.image_size[1] if prompt.image_size else 0,
        points=prompt.points,
        boxes=prompt.boxes,
        strokes=strokes,
    )


def _thing(thing: Thing) -> dict[str, Any]:
    record = dataclasses.asdict(thing)
    record["score"] = round(thing.score, 3)
    record["class_score"] = round(thing.class_score, 3)
    return record


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
