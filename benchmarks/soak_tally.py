"""What the soak run knows of the frames it showed and of the masks that came back."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

LATE_S = 10.0
"""An output for a picture older than this is stale, on any machine."""
_KEPT = 4000  # frames shown whose stamps are known: two minutes
_OTHER_FRAME = 0.3  # so much better the mask must fit another frame to be of that one
_FITS = 0.5
_LEAST_AREA = 200  # pixels of truth, below which an IoU says nothing


@dataclass
class Seen:
    """What came since it was last asked for."""

    latencies_s: list[float] = field(default_factory=list)
    agreements: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Tally:
    """Judges each label image by the frame that its stamp names; for any thread."""

    def __init__(self, truths: list[np.ndarray]) -> None:
        """Take the (H, W) truth of each frame of the clip."""
        self._truths = truths
        self._shown: OrderedDict[int, tuple[int, float]] = OrderedDict()
        self._things: dict[int, int] = {}
        self._newest = 0
        self._seen = Seen()
        self._lock = threading.Lock()

    def show(self, stamp_ns: int, position: int) -> None:
        """Take note of a frame before it is sent."""
        with self._lock:
            self._shown[stamp_ns] = (position, time.monotonic())
            if len(self._shown) > _KEPT:
                self._shown.popitem(last=False)

    def clicked(self, instance_id: int, thing: int) -> None:
        """Take note that an instance was made by a click on a thing of the truth."""
        with self._lock:
            self._things[instance_id] = thing

    def forget(self) -> None:
        """Forget which instance is which thing: corrections may have made it another one."""
        with self._lock:
            self._things.clear()

    def take(self) -> Seen:
        """Return what came since the last time."""
        with self._lock:
            seen, self._seen = self._seen, Seen()
            return seen

    def judge(self, stamp_ns: int, labels: np.ndarray) -> None:
        """Take a label image, (H, W) uint16, with the stamp of its header."""
        with self._lock:
            shown = self._shown.get(stamp_ns)
            if shown is None:
                self._seen.findings.append(f"labels with stamp {stamp_ns}, which no image had")
                return
            if stamp_ns < self._newest:
                self._seen.findings.append(f"labels of {stamp_ns} after those of {self._newest}")
            is_new, self._newest = stamp_ns > self._newest, max(stamp_ns, self._newest)
            position, sent_s = shown
            if is_new:  # controls publish the same frame again later
                self._judge_age(time.monotonic() - sent_s)
            for instance_id, thing in self._things.items():
                self._judge_mask(labels == instance_id, thing, position)

    def _judge_age(self, age_s: float) -> None:
        self._seen.latencies_s.append(age_s)
        if age_s > LATE_S:
            self._seen.findings.append(f"labels came {age_s:.1f} s after their image")

    def _judge_mask(self, mask: np.ndarray, thing: int, position: int) -> None:
        truth = self._truths[position] == thing
        if not mask.any() or truth.sum() < _LEAST_AREA:
            return
        own = _iou(mask, truth)
        self._seen.agreements.append(own)
        if own >= _FITS:
            return
        others = [_iou(mask, other == thing) for other in self._truths[::5]]
        best = int(np.argmax(others))
        if others[best] >= max(_FITS, own + _OTHER_FRAME):
            self._seen.findings.append(
                f"the mask of thing {thing} in frame {position} (IoU {own:.2f}) is that of frame "
                f"{best * 5} (IoU {others[best]:.2f})"
            )


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))
