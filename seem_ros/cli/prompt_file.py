"""Prompts for later frames, from a JSON file.

    [{"frame": 0, "text": "mug", "label": "my mug"},
     {"frame": 40, "click": [[320, 240]], "mode": "refine", "instance": 1},
     {"time": 2.5, "box": [[100, 80, 260, 300]]}]

The names are those of the command's options; a mask is the path of a PNG beside the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seem_ros.exchange.picture_files import read_mask
from seem_ros.prompts import Mode, Prompt, Stroke

_MOST_BYTES = 16_000_000
_MODES = {mode.name.lower(): mode for mode in Mode}
_NEEDS_EVIDENCE = (Mode.ADD, Mode.REFINE, Mode.REPLACE)
_PLACES = ("click", "negative", "box", "stroke", "negative_stroke", "mask")
_WORDS = ("text", "negative_text", "label")
_KEYS = ("frame", "time", "mode", "instance", "track", *_WORDS, *_PLACES)


@dataclass(frozen=True, eq=False)
class TimedPrompt:
    """A prompt and when its turn is: in the frame of an index, or the first one at a time."""

    prompt: Prompt
    frame: int | None
    seconds: float | None

    def is_due(self, frame: int, seconds: float) -> bool:
        """Tell whether its turn has come in this frame, at this time since the first one."""
        if self.frame is not None:
            return frame >= self.frame
        assert self.seconds is not None
        return seconds >= self.seconds

    @property
    def when(self) -> str:
        """Its turn in words."""
        return f"{self.seconds:g} s" if self.frame is None else f"frame {self.frame}"


def read_prompt_file(path: str | Path) -> list[TimedPrompt]:
    """Return the prompts of a JSON file in its order.

    Raises:
        FileNotFoundError: there is no such file, or no such mask.
        ValueError: it is too large, no such list, or an entry is wrong; the message says which.

    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path} is larger than {_MOST_BYTES // 10**6} MB")
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f'{path} must be a list of prompts: [{{"frame": 40, "text": "mug"}}]')
    prompts = []
    for number, entry in enumerate(entries, start=1):
        try:
            prompts.append(_timed(entry, number, path.parent))
        except ValueError as error:
            raise ValueError(f"{path}, prompt {number}: {error}") from None
    return prompts


def _timed(entry: dict[str, Any], number: int, folder: Path) -> TimedPrompt:
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}; known are {', '.join(_KEYS)}")
    if ("frame" in entry) == ("time" in entry):
        raise ValueError('say when: either "frame", counted from 0, or "time" in seconds')
    frame = _value(entry, "frame", int, None)
    seconds = _value(entry, "time", (int, float), None)
    if min(value for value in (frame, seconds) if value is not None) < 0:
        raise ValueError('"frame" and "time" count from the first frame, 0')
    return TimedPrompt(_prompt(entry, str(number), folder), frame, seconds)


def _prompt(entry: dict[str, Any], prompt_id: str, folder: Path) -> Prompt:
    words = {key: _value(entry, key, str, "") for key in _WORDS}
    mode = _value(entry, "mode", str, "add").lower()
    if mode not in _MODES:
        raise ValueError(f"no mode {mode!r}; there are {', '.join(_MODES)}")
    places = {key: _value(entry, key, list, []) for key in _PLACES if key != "mask"}
    mask = _value(entry, "mask", str, None)
    clicks = [(places[key], label) for key, label in (("click", 1), ("negative", 0))]
    strokes = [(places[key], on) for key, on in (("stroke", True), ("negative_stroke", False))]
    try:
        prompt = Prompt(
            points=[_click(xy, label) for rows, label in clicks for xy in rows],
            boxes=[_box(box) for box in places["box"]],
            strokes=[Stroke(line, positive=on) for lines, on in strokes for line in lines],
            mask=None if mask is None else read_mask(folder / mask),
            mode=_MODES[mode],
            instance_id=_value(entry, "instance", int, 0),
            track=_value(entry, "track", bool, bool(words["text"])),
            id=prompt_id,
            **words,
        )
    except TypeError as error:
        raise ValueError(f"numbers are expected: {error}") from None
    if prompt.is_empty and prompt.mode in _NEEDS_EVIDENCE:
        raise ValueError("it says nothing: give click, box, stroke, mask or text")
    return prompt


def _click(values: Any, label: int) -> tuple[float, float, int]:
    x, y = _row(values, 2)
    return x, y, label


def _box(values: Any) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = _row(values, 4)
    return x0, y0, x1, y1


def _row(values: Any, length: int) -> list[float]:
    if not isinstance(values, list) or len(values) != length:
        raise ValueError(f"a list of {length} numbers is expected, got {values!r}")
    return values


def _value(entry: dict[str, Any], key: str, kind: Any, default: Any) -> Any:
    value = entry.get(key, default)
    wrong_number = isinstance(value, bool) and kind is not bool  # True is an int in Python
    if value is not default and (not isinstance(value, kind) or wrong_number):
        raise ValueError(f'"{key}" is {value!r}, of the wrong type')
    return value
