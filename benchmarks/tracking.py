"""Cost of tracking: ms a frame for 1, 5 and 20 instances at 640x480, and memory over many frames.

Memory needs many frames and not large ones: they are 160x120, and the model's input 128 pixels.

python -m benchmarks.tracking [--model nano] [--json OUT] [--memory-frames 10000]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import time
from pathlib import Path

import cv2
import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.tracker import Tracker, TrackerConfig

HEIGHT, WIDTH = 480, 640
COUNTS = (1, 5, 20)
STEP_NS = 33_000_000
SHRINK, SMALL_INPUT = 4, 128  # of pictures, and pixels of the model's input, for memory


def discs(count: int, frame: int) -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """Return a picture of `count` coloured discs that sway, and (x, y, radius) of each."""
    rng = np.random.default_rng(7)
    noise = rng.integers(90, 130, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    rgb = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    places = []
    for index in range(count):
        column, row = index % 5, index // 5
        x = int(64 + 128 * column + 12 * np.sin(frame / 9 + index))
        y = int(60 + 120 * row + 12 * np.cos(frame / 7 + index))
        colour = tuple(int(value) for value in rng.integers(0, 255, 3))
        cv2.circle(rgb, (x, y), 36, colour, -1)
        places.append((x, y, 36))
    return rgb, places


def started(segmenter: Segmenter, count: int) -> Tracker:
    """Return a tracker that follows `count` discs from their boxes."""
    tracker = Tracker(segmenter, TrackerConfig(max_instances=count))
    rgb, places = discs(count, 0)
    boxes = [(x - r, y - r, x + r, y + r) for x, y, r in places]
    tracker.step(rgb, 0, [Prompt(boxes=[box]) for box in boxes])
    return tracker


def frame_ms(segmenter: Segmenter, count: int, frames: int) -> tuple[float, float, int]:
    """Return the least and the median CPU milliseconds of a frame, and the instances followed."""
    tracker = started(segmenter, count)
    times = []
    for frame in range(1, frames + 1):
        rgb, _ = discs(count, frame)
        begin = time.process_time()
        tracker.step(rgb, frame * STEP_NS)
        times.append((time.process_time() - begin) * 1000)
    return min(times), float(np.median(times)), len(tracker.instances)


def resident_mb() -> float:
    """Return the memory of this process that is in RAM now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def memory_mb(segmenter: Segmenter, frames: int, every: int) -> list[float]:
    """Return the resident memory every so many frames of small pictures, with two instances."""
    config = segmenter.model.config
    small = dataclasses.replace(config.input, size=SMALL_INPUT)
    segmenter.model.config = dataclasses.replace(config, input=small)
    tracker, sizes = Tracker(segmenter), []
    rgb, places = discs(2, 0)
    circles = [(x / SHRINK, y / SHRINK, r / SHRINK) for x, y, r in places]
    boxes = [(x - r, y - r, x + r, y + r) for x, y, r in circles]
    tracker.step(rgb[::SHRINK, ::SHRINK], 0, [Prompt(boxes=[box]) for box in boxes])
    for frame in range(1, frames + 1):
        tracker.step(discs(2, frame)[0][::SHRINK, ::SHRINK], frame * STEP_NS)
        if frame % every == 0:
            sizes.append(resident_mb())
            print(f"  frame {frame:6d}  {sizes[-1]:7.1f} MB", flush=True)
    segmenter.model.config = config
    return sizes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--memory-frames", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    segmenter = Segmenter.from_pretrained(args.model, device=args.device)
    result: dict = {"ms": {}}
    print(f"{'instances':>9} {'least ms':>9} {'median ms':>10}   (CPU time)")
    for count in COUNTS:
        least, median, followed = frame_ms(segmenter, count, args.frames)
        result["ms"][count] = {"least": least, "median": median, "followed": followed}
        print(f"{followed:9d} {least:9.1f} {median:10.1f}", flush=True)
    ratio = result["ms"][COUNTS[-1]]["median"] / result["ms"][COUNTS[0]]["median"]
    print(f"{COUNTS[-1]} instances cost {ratio:.2f} times one")
    result["ratio"] = ratio
    if args.memory_frames:
        print("resident memory with 2 instances")
        every = max(1, args.memory_frames // 10)
        result["memory_mb"] = memory_mb(segmenter, args.memory_frames, every)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
