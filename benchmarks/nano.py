"""What nano costs: an image, a prompt, and 1, 5 and 20 instances, by picture size and threads.

python -m benchmarks.nano [--model nano] [--repeats 10] [--json OUT]

Wall times depend on what else the machine does; CPU times hardly. Kinds are timed in turn, so
that a busy moment hits all alike, and each figure is the median of its repeats.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import torch

from benchmarks.tracking import discs
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter

SIZES = ((320, 240), (640, 480))
COUNTS = (1, 5, 20)
THREADS = (1, 2)
Times = dict[str, tuple[float, float]]


def calls(segmenter: Segmenter, width: int, height: int) -> dict[str, Callable[[], object]]:
    """Name what is timed on a picture of discs of this size."""
    rgb, places = discs(max(COUNTS), 0)
    scale = width / rgb.shape[1]
    rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    clicks = [Prompt(points=[(x * scale, y * scale, 1)]) for x, y, _ in places]
    timed: dict[str, Callable[[], object]] = {"set_image": lambda: segmenter.set_image(rgb)}
    for count in COUNTS:
        name = "1 instance" if count == 1 else f"{count} instances"
        timed[name] = partial(segmenter.predict_batch, clicks[:count])
    timed["text"] = lambda: segmenter.predict(Prompt(text="red disc"))
    return timed


def measured(timed: dict[str, Callable[[], object]], repeats: int) -> Times:
    """Return the median wall and CPU milliseconds of each call; all are warmed up once."""
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in timed}
    for turn in range(repeats + 1):
        for name, run in timed.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            spent = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
            if turn:
                samples[name].append(spent)
    return {
        name: (statistics.median(w for w, _ in rows), statistics.median(c for _, c in rows))
        for name, rows in samples.items()
    }


def report(times: dict[tuple[int, int], Times], width: int, height: int) -> None:
    """Print a size's table, one row a call, one pair of columns per number of threads."""
    heads = "".join(f"{f'{t} thr wall':>13}{'CPU':>9}" for t in THREADS)
    print(f"\n{width}x{height}, ms{'':6}{heads}{'wall 1/2':>10}")
    for name, (wall, cpu) in times[width, 1].items():
        other_wall, other_cpu = times[width, 2][name]
        columns = f"{wall:13.1f}{cpu:9.1f}{other_wall:13.1f}{other_cpu:9.1f}"
        print(f"{name:17}{columns}{wall / other_wall:10.2f}")


def main() -> None:
    """Print a table a size and the ratios between them, and write all as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="nano")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    times: dict[tuple[int, int], Times] = {}
    for threads in THREADS:
        torch.set_num_threads(threads)
        segmenter = Segmenter.from_pretrained(options.model, device="cpu")
        for width, height in SIZES:
            times[width, threads] = measured(calls(segmenter, width, height), options.repeats)
    for width, height in SIZES:
        report(times, width, height)
    (small, _), (large, _) = SIZES
    share = times[large, 1]["set_image"][1] / times[small, 1]["set_image"][1]
    print(f"\nset_image, CPU: {large} wide costs {share:.2f} times {small} wide")
    if options.json:
        rows = [
            {"width": width, "threads": threads, "call": name, "wall_ms": wall, "cpu_ms": cpu}
            for (width, threads), table in times.items()
            for name, (wall, cpu) in table.items()
        ]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
