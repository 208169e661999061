"""What the soak run knows of the frames it showed and of the masks that came back."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

LATE_S = 5.0
"""A picture that was older than this when its turn came is stale, on any machine."""
SLOWEST_S = 60.0
"""No output takes longer, however many programs share the machine."""
_KEPT = 4000  # frames shown whose stamps are known, and masks: some minutes
_OTHER_FRAME = 0.3  # so much better the mask must fit another frame to be of that one
_FITS = 0.5
_LEAST_AREA = 200  # pixels, below which masks are alike by chance
_STRIDE = 5  # every so many frames are searched for the one that a mask fits


@dataclass
class Seen:
    """What came since it was last asked for."""

    latencies_s: list[float] = field(default_factory=list)
    agreements: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Tally:
    """Judges each label image by the frame that its stamp names; for any thread.

    The camera moves in each frame, so that a mask of one frame fits no other, pixel for pixel.
    """

    def __init__(self, truths: list[np.ndarray]) -> None:
        """Take the (H, W) truth of each frame of the clip."""
        self._truths = truths
        self._areas = [np.bincount(truth.ravel(), minlength=256) for truth in truths]
        self._shown: OrderedDict[int, tuple[int, float]] = OrderedDict()
        self._masks: OrderedDict[bytes, int] = OrderedDict()
        self._things: dict[int, int] = {}
        self._newest, self._published_s = 0, 0.0
        self._seen = Seen()
        self._lock = threading.Lock()

    def show(self, stamp_ns: int, position: int) -> None:
        """Take note of a frame before it is sent."""
        with self._lock:
            self._shown[stamp_ns] = (position, time.monotonic())
            if len(self._shown) > _KEPT:
                self._shown.popitem(last=False)

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
                self._judge_age(sent_s, time.monotonic())
            self._published_s = time.monotonic()
            for instance_id, mask in _masks(labels):
                self._judge_copy(instance_id, mask, position)

    def judge_sure(self, stamp_ns: int, labels: np.ndarray) -> None:
        """Take the label image of those instances that the node is sure of.

        One that it is not sure of was carried on by the motion, which can leave it behind.
        """
        with self._lock:
            if stamp_ns in self._shown:
                for instance_id, mask in _masks(labels):
                    self._judge_place(instance_id, mask, self._shown[stamp_ns][0])

    def _judge_age(self, sent_s: float, now_s: float) -> None:
        """Find an image that had been overtaken when the output before it was done."""
        self._seen.latencies_s.append(now_s - sent_s)
        waited_s = self._published_s - sent_s
        if waited_s > LATE_S or now_s - sent_s > SLOWEST_S:
            self._seen.findings.append(
                f"labels came {now_s - sent_s:.1f} s after their image, which had waited for "
                f"{max(0.0, waited_s):.1f} s"
            )

    def _judge_copy(self, instance_id: int, mask: np.ndarray, position: int) -> None:
        """Find a mask that was published for another picture, pixel for pixel."""
        digest = hashlib.blake2b(np.packbits(mask).tobytes(), digest_size=16).digest()
        before = self._masks.setdefault(digest, position)
        if len(self._masks) > _KEPT:
            self._masks.popitem(last=False)
        if before != position:
            self._seen.findings.append(
                f"the mask of instance {instance_id} in frame {position} is that of frame "
                f"{before}, pixel for pixel"
            )

    def _judge_place(self, instance_id: int, mask: np.ndarray, position: int) -> None:
        """Find a mask that fits nothing in its frame, but in another one what it was before."""
        agreements = self._agreements(mask, position)
        best = int(np.argmax(agreements))
        if agreements[best] >= _FITS:
            self._things[instance_id] = best
            self._seen.agreements.append(float(agreements[best]))
            return
        thing = self._things.get(instance_id)
        if thing is None or self._areas[position][thing] < _LEAST_AREA:
            return
        own = float(agreements[thing])
        places = range(0, len(self._truths), _STRIDE)
        others = [float(self._agreements(mask, place)[thing]) for place in places]
        nearest = int(np.argmax(others))
        if others[nearest] >= max(_FITS, own + _OTHER_FRAME):
            self._seen.findings.append(
                f"the mask of thing {thing} in frame {position} (IoU {own:.2f}) is that of frame "
                f"{places[nearest]} (IoU {others[nearest]:.2f})"
            )

    def _agreements(self, mask: np.ndarray, position: int) -> np.ndarray:
        """Return the IoU of an (H, W) bool mask with each thing of a frame; 0 for background."""
        common = np.bincount(self._truths[position][mask], minlength=256)
        agreements = common / np.maximum(1, self._areas[position] + common.sum() - common)
        agreements[0] = 0.0
        return agreements


def _masks(labels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield id and (H, W) bool mask of the instances in a label image that are not tiny."""
    counts = np.bincount(labels.ravel())
    for instance_id in np.flatnonzero(counts[1:] >= _LEAST_AREA) + 1:
        yield int(instance_id), labels == instance_id
