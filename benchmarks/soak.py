"""An hour of everything at once: python -m benchmarks.soak [--minutes 60] [--seed 1] [--json OUT]

seem_node runs in a process of its own on the bundled clip at 30 Hz, while prompts, services, goals
and changes of parameters come at random from a seed. Each minute gets a line. The exit code is 1
where the node ended, something was not answered, an output was stale, the node's log holds a
traceback, or memory kept growing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seem_ros import resources
from seem_ros.demo import environment

if TYPE_CHECKING:
    from benchmarks.soak_operator import SoakOperator
    from seem_ros.demo.node_process import NodeProcess

READY_S = 120.0
GROWTH = 1.25
"""Most memory at the end against that after SETTLED_MINUTES; caches are full by then."""
SETTLED_MINUTES = 5
_OPTIONS = ("-p", "device:=cpu", "-p", "publish_masks:=true")
_COLUMNS = ("minute", "RSS MB", "outputs", "latency ms", "p95", "asked", "open", "IoU", "findings")


@dataclass(frozen=True)
class Minute:
    """What one minute brought.

    Attributes:
        rss_mb: memory of the node at its end.
        outputs: label images received.
        latency_ms: median from sending an image to receiving its labels; NaN without any.
        latency_p95_ms: the 95th percentile of that.
        asked: prompts, calls and goals sent.
        unanswered: those that still wait at its end.
        agreement: mean IoU of the masks that the node is sure of and that fit a thing; NaN without
            any.
        findings: what went wrong.

    """

    rss_mb: float
    outputs: int
    latency_ms: float
    latency_p95_ms: float
    asked: int
    unanswered: int
    agreement: float
    findings: tuple[str, ...]


def main() -> None:
    """Run, print a line a minute, and exit with 1 on a finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    environment.isolate(1 + os.getpid() % 100)
    minutes, findings = soak(options.minutes, options.seed)
    if options.json:
        rows = [asdict(minute) for minute in minutes]
        options.json.write_text(json.dumps({"minutes": rows, "findings": findings}, indent=1))
    for finding in findings:
        print(f"found: {finding}")
    print(f"{sum(minute.asked for minute in minutes)} asked, {len(findings)} findings")
    sys.stdout.flush()
    os._exit(1 if findings else 0)  # the executor's thread never ends by itself


def soak(minutes: float, seed: int) -> tuple[list[Minute], list[str]]:
    """Run the node for so long; return its minutes and all findings."""
    import rclpy

    from benchmarks.soak_operator import SoakOperator
    from seem_ros.demo.node_process import NodeProcess

    if not rclpy.ok():
        rclpy.init()
    rows: list[Minute] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "seem_node.log"
        with NodeProcess(resources.config_path("seem.yaml"), log, _OPTIONS) as node:
            operator = SoakOperator(seed)
            try:
                operator.start(READY_S)
                print(("{:>11}" * len(_COLUMNS)).format(*_COLUMNS), flush=True)
                end_s = time.monotonic() + minutes * 60.0
                while (left_s := end_s - time.monotonic()) > 0 and node.exit_code is None:
                    time.sleep(min(60.0, left_s))
                    rows.append(_minute(operator, node))
                    print(_line(len(rows), rows[-1]), flush=True)
                last = operator.finish()
            finally:
                operator.stop()
            ended = node.exit_code
        findings = [finding for row in rows for finding in row.findings] + last
        findings += _of_the_node(log.read_text(errors="replace"), ended, node.exit_code)
    return rows, findings + _growth([row.rss_mb for row in rows])


def _minute(operator: SoakOperator, node: NodeProcess) -> Minute:
    seen = operator.tally.take()
    times = np.array(seen.latencies_s or [np.nan]) * 1000
    return Minute(
        _rss_mb(node.pid),
        len(seen.latencies_s),
        float(np.median(times)),
        float(np.quantile(times, 0.95)),
        operator.asking.take_count(),
        operator.asking.waiting,
        float(np.mean(seen.agreements)) if seen.agreements else float("nan"),
        (*seen.findings, *operator.asking.overdue()),
    )


def _line(number: int, row: Minute) -> str:
    return (
        f"{number:11}{row.rss_mb:11.0f}{row.outputs:11}{row.latency_ms:11.0f}"
        f"{row.latency_p95_ms:11.0f}{row.asked:11}{row.unanswered:11}{row.agreement:11.2f}"
        f"{len(row.findings):11}"
    )


def _of_the_node(log: str, ended: int | None, exit_code: int | None) -> list[str]:
    """Return what is wrong with how the process went and ended."""
    found = []
    if ended is not None:
        found.append(f"the node ended by itself with {ended}: {log[-500:]}")
    elif exit_code != 0:
        found.append(f"the node ended with {exit_code} at Ctrl-C: {log[-500:]}")
    if "Traceback" in log:
        found.append(f"the log holds a traceback: {log[log.index('Traceback') :][:800]}")
    return found


def _growth(rss_mb: list[float]) -> list[str]:
    """Return what is wrong with the memory, by minute; it may fill in the first ones."""
    settled = rss_mb[SETTLED_MINUTES:]
    if len(settled) < SETTLED_MINUTES or settled[-1] <= GROWTH * settled[0]:
        return []
    return [f"memory grew from {settled[0]:.0f} to {settled[-1]:.0f} MB"]


def _rss_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return float("nan")  # it has ended, which is a finding of its own
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) / 1024 for words in lines if words[0] == "VmRSS:"), float("nan"))


if __name__ == "__main__":
    main()
