"""A frame on a busy machine: its time beside 0, 1, 2 and 4 processes that never rest.

`waiting` threads give their core away at once (OMP_WAIT_POLICY=PASSIVE, what seem_ros sets);
`spinning` ones keep it for a while, as OpenMP does by itself. Each row is a process of its own,
since OpenMP reads the setting once. Ratios are to the same row on the idle machine; `fair` is the
share of the cores that is left to one of so many processes.

python -m benchmarks.busy [--threads 1 2] [--frames 8] [--json OUT]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

RIVALS = (0, 1, 2, 4)
INSTANCES = 5
POLICIES = {"waiting": {"OMP_WAIT_POLICY": "PASSIVE"}, "spinning": {"GOMP_SPINCOUNT": "300000"}}
_BUSY = "import time\nend = time.time() + 600\nwhile time.time() < end: pass"
_FRAMES = """
import sys, time
import numpy as np
from benchmarks.tracking import STEP_NS, discs, started
from seem_ros.segmenter import Segmenter
from seem_ros.threads import use_threads

threads, count, frames = map(int, sys.argv[1:])
use_threads(threads)
tracker = started(Segmenter.from_pretrained("nano", device="cpu"), count)
times = []
for frame in range(1, frames + 3):
    rgb, _ = discs(count, frame)
    begin = time.perf_counter()
    tracker.step(rgb, frame * STEP_NS)
    times.append((time.perf_counter() - begin) * 1000)
print(float(np.median(times[2:])))
"""


@contextlib.contextmanager
def rivals(count: int) -> Iterator[None]:
    """Keep so many processes busy meanwhile."""
    running = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def frame_ms(policy: str, threads: int, frames: int) -> float:
    """Return the median wall milliseconds of a frame with five instances, in a new process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    command = [sys.executable, "-c", _FRAMES, str(threads), str(INSTANCES), str(frames)]
    done = subprocess.run(
        command, env=environment | POLICIES[policy], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{INSTANCES} instances, 640x480, {cores} cores; wall ms a frame (times the idle one)")
    print(f"{'threads':>8} {'policy':>9}" + "".join(f"{f'{n} busy':>16}" for n in RIVALS))
    result = []
    for threads in dict.fromkeys(args.threads):
        for policy in POLICIES:
            row = []
            for count in RIVALS:
                with rivals(count):
                    row.append(frame_ms(policy, threads, args.frames))
            cells = "".join(f"{ms:9.0f} ({ms / row[0]:4.2f})" for ms in row)
            print(f"{threads:8d} {policy:>9}{cells}", flush=True)
            result.append({"threads": threads, "policy": policy, "ms": row})
    fair = [max(1.0, (n + 1) / cores) for n in RIVALS]
    print(f"{'fair, one thread':>18}" + "".join(f"{'':9} ({f:4.2f})" for f in fair))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
