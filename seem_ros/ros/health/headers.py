"""Whether the headers of a camera's images make sense one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seem_ros.ros.health.meters import Meter
from seem_ros.ros.messages import stamps

if TYPE_CHECKING:
    from std_msgs.msg import Header

_WINDOW_S = 10.0
_LEAST = 2  # of a kind within the window: a single one, such as a bag that loops, is no fault
_MEANINGS = {
    "repeated": "{count} images in {window:g} s had the stamp of the image before: the driver's "
    "clock stands still or counts whole seconds; prompts cannot tell such images apart",
    "back": "the stamps of {count} images in {window:g} s went back: two cameras on one topic, "
    "or a clock that is set again and again",
    "moved": "the frame_id of the images changed {count} times in {window:g} s, last from "
    "'{before}' to '{after}': two cameras on one topic? Give each node its own",
    "unnamed": "images have an empty frame_id: clouds, boxes and markers have no frame; set the "
    "camera driver's frame_id",
}


class HeaderWatch:
    """Counts images whose header does not follow from the one before; none is refused for it.

    Attributes:
        counts: for /diagnostics, what -> how often.

    """

    def __init__(self) -> None:
        """Start with no image seen."""
        self.counts = {"stamps repeated": 0, "stamps gone back": 0, "frame_id changes": 0}
        self._last: tuple[int, str] | None = None
        self._before = self._after = ""
        self._recent = {kind: Meter(_WINDOW_S) for kind in ("repeated", "back", "moved")}

    def note(self, header: Header, now_s: float | None = None) -> None:
        """Take the header of the next image, which came at monotonic time `now_s` (now)."""
        before, self._last = self._last, (stamps.to_ns(header.stamp), header.frame_id)
        if before is None:
            return
        (old_ns, old_frame), (new_ns, new_frame) = before, self._last
        if old_frame != new_frame:
            self._count("frame_id changes", "moved", now_s)
            self._before, self._after = old_frame, new_frame
        if new_ns and new_ns == old_ns:
            self._count("stamps repeated", "repeated", now_s)
        elif new_ns < old_ns:
            self._count("stamps gone back", "back", now_s)

    def problem(self, now_s: float | None = None) -> str:
        """Return what is wrong with the headers of the last seconds; empty if nothing is."""
        found = []
        for kind, meter in self._recent.items():
            if (count := meter.count(now_s)) >= _LEAST:
                found.append(self._said(kind, count))
        if self._last is not None and not self._last[1]:
            found.append(self._said("unnamed", 1))
        return "; ".join(found)

    def _count(self, what: str, kind: str, now_s: float | None) -> None:
        self.counts[what] += 1
        self._recent[kind].add(now_s=now_s)

    def _said(self, kind: str, count: int) -> str:
        return _MEANINGS[kind].format(
            count=count, window=_WINDOW_S, before=self._before, after=self._after
        )
