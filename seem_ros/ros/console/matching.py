"""Brings together the image, the record and the label image of one stamp; needs no ROS."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

IMAGE, RECORD, LABELS = "image", "record", "labels"

_MOST_WAITING = 64  # stamps that wait for their other parts
_MOST_BYTES = 256 << 20  # of images that wait: two seconds of 1080p at 20 Hz
# So long an image waits for its masks; more where they come slowly, so that nothing flickers.
_LEAST_PATIENCE_S = 0.8
_MOST_PATIENCE_S = 1.5
# Masks of an image older than this against the newest come too late: that picture is not shown.
_MOST_BEHIND_NS = 1_000_000_000


class Matcher:
    """Keeps what waits for its other parts; older stamps are dropped once a newer one is whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without anything."""
        self._clock = clock
        self._parts: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._bytes = 0
        self._whole_s = float("-inf")
        self._interval_s = 0.0

    def clear(self) -> None:
        """Forget everything."""
        self._parts.clear()
        self._bytes = 0
        self._whole_s, self._interval_s = float("-inf"), 0.0

    def add(self, stamp_ns: int, part: str, value: Any, size: int = 0) -> dict[str, Any] | None:
        """Take a part; return all of a stamp once they are there.

        The result's "timely" is False where they came long after the image, which may be gone.

        Args:
            stamp_ns: of the image it belongs to.
            part: IMAGE, RECORD or LABELS.
            value: the part.
            size: bytes it takes.

        """
        parts = self._parts.setdefault(stamp_ns, {"size": 0})
        parts[part] = value
        parts["size"] += size
        self._bytes += size
        newest_ns = max((stamp for stamp, held in self._parts.items() if IMAGE in held), default=0)
        has_image = IMAGE in parts or newest_ns > stamp_ns  # it was dropped or lost
        if not (has_image and RECORD in parts and LABELS in parts):
            while len(self._parts) > _MOST_WAITING or self._bytes > _MOST_BYTES:
                self._drop(next(iter(self._parts)))
            return None
        parts["timely"] = IMAGE in parts and newest_ns - stamp_ns <= _MOST_BEHIND_NS
        if parts["timely"]:
            self._note_timely()
        # The image stays: a prompt on it brings a new record of the same stamp.
        for older in [stamp for stamp in self._parts if stamp < stamp_ns]:
            self._drop(older)
        whole = dict(parts)
        del parts[RECORD], parts[LABELS]
        if IMAGE not in parts:
            self._drop(stamp_ns)
        return whole

    def is_patient(self) -> bool:
        """Tell whether masks come in time, so that an image is kept for its own."""
        patience_s = min(_MOST_PATIENCE_S, max(_LEAST_PATIENCE_S, 2 * self._interval_s))
        return self._clock() - self._whole_s < patience_s

    def _note_timely(self) -> None:
        now_s = self._clock()
        if self._whole_s > float("-inf"):
            self._interval_s = min(_MOST_PATIENCE_S, now_s - self._whole_s)
        self._whole_s = now_s

    def _drop(self, stamp_ns: int) -> None:
        self._bytes -= self._parts.pop(stamp_ns)["size"]
