"""Seconds per prompt on one frame: the first (features and decoder), the next, and many at once.

python -m benchmarks.latency [--model nano] [--device auto] [--json OUT]

The frame is a fixed picture of 640x480 with discs; what is on it does not change the time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.tracking import discs
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter

BATCH = 10


def measured(run: Callable[[], object], repeats: int) -> float:
    """Return the median seconds of a call, after one that warms up."""
    run()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def latencies(model: str, device: str, repeats: int) -> dict[str, float]:
    """Return the median seconds of each kind of call."""
    segmenter = Segmenter.from_pretrained(model, device=device)
    rgb, centres = discs(BATCH, 0)
    clicks = [Prompt(points=[(x, y, 1)]) for x, y, _ in centres]

    def first() -> object:
        segmenter.set_image(rgb)
        return segmenter.predict(clicks[0])

    first_s = measured(first, repeats)
    previous = segmenter.predict(clicks[0])
    refined = Prompt(points=[clicks[0].points[0], (5, 5, 0)])
    return {
        "first prompt on a frame": first_s,
        "second prompt on it": measured(lambda: segmenter.predict(clicks[1]), repeats),
        "second round (negative click)": measured(
            lambda: segmenter.predict(refined, previous=previous), repeats
        ),
        f"{BATCH} prompts in one call": measured(
            lambda: segmenter.predict_batch(clicks, [None] * BATCH), repeats
        ),
        "text prompt": measured(lambda: segmenter.predict(Prompt(text="red disc")), repeats),
    }


def main() -> None:
    """Print a table, and write it as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="nano")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seconds = latencies(options.model, options.device, options.repeats)
    print(f"{options.model}, 640x480, {torch.get_num_threads()} threads, median ms")
    for name, value in seconds.items():
        print(f"{name:32} {value * 1000:8.1f}")
    if options.json:
        options.json.write_text(json.dumps(seconds, indent=1))


if __name__ == "__main__":
    main()
