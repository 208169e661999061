"""Time of a frame with many instances: python -m benchmarks.crowd [--count 140] [--json OUT]

A drawn scene of squares, each of its own colour, moves by a pixel a frame; each is clicked once.
For each `max_frame_time` the same instances are followed for some frames. Time is that of the
processor, as limits here are, so that other programs do not count.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.tracker import Tracker, TrackerConfig

HEIGHT, WIDTH = 480, 640
LIMITS_S = (0.0, 1.0, 0.3)
FRAMES = 8
STEP_NS = 33_000_000


@dataclass(frozen=True)
class Row:
    """Frames under one limit.

    Attributes:
        limit_s: `max_frame_time`, 0 is none.
        median_s: of a step.
        worst_s: of a step.
        waiting: mean number of instances that a frame left no time for.
        in_view: instances that are not lost after the last frame.

    """

    limit_s: float
    median_s: float
    worst_s: float
    waiting: float
    in_view: int


class Crowd:
    """Squares in a grid.

    Args:
        count: how many there are.

    """

    def __init__(self, count: int) -> None:
        self.columns = math.ceil(math.sqrt(count * WIDTH / HEIGHT))
        self.rows = math.ceil(count / self.columns)
        self.count = count
        random = np.random.default_rng(0)
        self._colours = random.integers(0, 256, (count, 3), np.uint8)
        self._ground = random.integers(110, 140, (HEIGHT, WIDTH, 3), np.uint8)

    def boxes(self, frame: int) -> list[tuple[int, int, int, int]]:
        """Return x0, y0, x1, y1 of each square in a frame."""
        wide, high = (WIDTH - FRAMES) // self.columns, HEIGHT // self.rows
        side = round(0.7 * min(wide, high))
        corners = [(n % self.columns * wide, n // self.columns * high) for n in range(self.count)]
        return [(x + frame + 5, y + 5, x + frame + 5 + side, y + 5 + side) for x, y in corners]

    def picture(self, frame: int) -> np.ndarray:
        """Draw a frame, (H, W, 3) uint8."""
        rgb = self._ground.copy()
        for (x0, y0, x1, y1), colour in zip(self.boxes(frame), self._colours, strict=True):
            rgb[y0:y1, x0:x1] = colour
        return rgb


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=140)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    segmenter = Segmenter.from_pretrained(options.model, "cpu", second_eye=False)
    crowd, tracker = Crowd(options.count), Tracker(segmenter, clock=time.process_time)
    tracker.configure(TrackerConfig(click_mode="new", max_instances=options.count))
    clicks = [((x0 + x1) / 2, (y0 + y1) / 2, 1) for x0, y0, x1, y1 in crowd.boxes(0)]
    tracker.step(crowd.picture(0), 0, [Prompt(points=[click]) for click in clicks])
    begin = tracker.state
    print(f"{len(tracker.instances)} instances of {options.count} squares")
    print(("{:>14}" * 5).format("max_frame_time", "median s", "worst s", "waiting", "in view"))
    rows = []
    for limit_s in LIMITS_S:
        tracker.state = begin
        tracker.configure(TrackerConfig(max_frame_time=limit_s, max_instances=options.count))
        rows.append(measured(tracker, crowd, limit_s))
        print("{:14}{:14.2f}{:14.2f}{:14.1f}{:14}".format(*asdict(rows[-1]).values()), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))


def measured(tracker: Tracker, crowd: Crowd, limit_s: float) -> Row:
    """Follow the squares through the frames; the first one, which warms up, is not counted."""
    seconds, waiting = [], []
    for frame in range(1, FRAMES):
        rgb = crowd.picture(frame)
        began_s = time.process_time()
        tracker.step(rgb, frame * STEP_NS)
        seconds.append(time.process_time() - began_s)
        waiting.append(tracker.waiting)
    in_view = sum(instance.mask is not None for instance in tracker.instances)
    return Row(
        limit_s,
        float(np.median(seconds[1:])),
        max(seconds[1:]),
        float(np.mean(waiting[1:])),
        in_view,
    )


if __name__ == "__main__":
    main()
