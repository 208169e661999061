"""What a GPU makes of it: frames a second, latency, memory, in all precisions, as a table.

python -m benchmarks.gpu [--device cuda] [--models nano focal_t focal_l] [--json OUT]

A frame is one look at an image and one answer to all instances, each with its last mask: what
tracking asks of the model. Official models without their checkpoint get random weights, which
cost the same, and the table says so. Rows that do not fit into --minutes are left out, and named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.official_speed import random_model
from seem_ros.model.checkpoints import BUNDLED, find_checkpoint
from seem_ros.model.footprint import weight_bytes
from seem_ros.model.precision import half_type
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.question import Question

MIB = 1 << 20
WARM_UP = 3  # frames
PEAK_SIDE, PEAK_REPEATS = 4096, 10  # of matrices whose product gives the peak


@dataclass(frozen=True)
class Case:
    """One row."""

    model: str
    size: str
    precision: str
    compiled: bool
    instances: int


@dataclass(frozen=True)
class Row:
    """What was measured; None where the device does not tell.

    Attributes:
        loading_mib, memory_mib: most memory of the device while loading, and in a frame.
    """

    case: Case
    weights: str
    fps: float
    median_ms: float
    p99_ms: float
    roofline: float
    waits: int | None
    weights_mib: float
    loading_mib: float | None
    memory_mib: float | None


def build(case: Case, device: str) -> tuple[Segmenter, str]:
    """Return a model, and where its weights are from: "trained" or "random"."""
    known = case.model in BUNDLED or Path(case.model).exists()
    if known or find_checkpoint(case.model).path.is_file():
        segmenter = Segmenter.from_pretrained(
            case.model, device, precision=case.precision, compiled=case.compiled
        )
        return segmenter, "trained"
    model = random_model(case.model, half_type(case.precision, torch.device(device)))
    segmenter = Segmenter(model, device, precision=case.precision, compiled=case.compiled)
    segmenter.set_vocabulary(["cup", "box"])
    return segmenter, "random"


def picture(size: str) -> np.ndarray:
    """Return noise over a shaded ground, (H, W, 3) uint8, of a WIDTHxHEIGHT."""
    width, height = map(int, size.split("x"))
    rng = np.random.default_rng(0)
    ground = np.linspace(60, 180, width)[None, :, None] + rng.normal(0, 20, (height, width, 3))
    return ground.clip(0, 255).astype(np.uint8)


def frame_of(segmenter: Segmenter, rgb: np.ndarray, count: int) -> Callable[[], object]:
    """Return a call that does a frame with so many instances."""
    height, width = rgb.shape[:2]
    places = [
        ((index % 5 + 0.5) * width / 5, (index // 5 + 0.5) * height / 4) for index in range(count)
    ]
    prompts = [Prompt(points=[(x, y, 1)]) for x, y in places]
    last: list[Segmentation] = segmenter.look(rgb).answer([Question(p) for p in prompts])

    def frame() -> list[Segmentation]:
        rows = zip(prompts, last, strict=True)
        return segmenter.look(rgb).answer([Question(p, before) for p, before in rows])

    return frame


def peak_flops(device: torch.device, dtype: torch.dtype, side: int) -> float:
    """Return the operations a second of a product of square matrices."""
    one = torch.randn(side, side, device=device).to(dtype)

    def product() -> None:
        float((one @ one)[0, 0])  # reading a value waits for the device

    product()
    started = time.perf_counter()
    for _ in range(PEAK_REPEATS):
        product()
    return 2 * side**3 * PEAK_REPEATS / (time.perf_counter() - started)


def waits_of(frame: Callable[[], object], device: torch.device) -> int | None:
    """Return how often a frame waits for the device; None where nobody counts."""
    if device.type != "cuda":
        return None
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            frame()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(each.message) for each in found)


def measure(case: Case, device: str, frames: int, peak_side: int) -> Row:
    """Measure one row."""
    on_gpu = device.startswith("cuda")
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    segmenter, weights = build(case, device)
    loading = _most_mib(on_gpu)
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    frame = frame_of(segmenter, picture(case.size), case.instances)
    for _ in range(WARM_UP):
        frame()
    times = []
    for _ in range(frames):
        started = time.perf_counter()
        frame()
        times.append(time.perf_counter() - started)
    memory = _most_mib(on_gpu)
    waits = waits_of(frame, segmenter.device)
    with FlopCounterMode(display=False) as counter:
        frame()
    median = float(np.median(times))
    dtype = segmenter.model.compute_type or torch.float32
    peak = peak_flops(segmenter.device, dtype, peak_side)
    return Row(
        case, weights, 1 / median, 1000 * median, 1000 * float(np.quantile(times, 0.99)),
        counter.get_total_flops() / median / peak, waits,
        weight_bytes(segmenter.model) / MIB, loading, memory,
    )  # fmt: skip


def _most_mib(on_gpu: bool) -> float | None:
    return torch.cuda.max_memory_allocated() / MIB if on_gpu else None


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown."""
    head = (
        "| model | image | precision | compiled | instances | fps | median ms | 99 % ms "
        "| of peak | waits | weights MiB | loading MiB | frame MiB |"
    )
    lines = [head, "|" + "---|" * 13]
    for row in rows:
        case = row.case
        name = case.model if row.weights == "trained" else f"{case.model} ({row.weights} weights)"
        waits = "-" if row.waits is None else str(row.waits)
        memory = " | ".join(
            "-" if mib is None else f"{mib:.0f}"
            for mib in (row.weights_mib, row.loading_mib, row.memory_mib)
        )
        lines.append(
            f"| {name} | {case.size} | {case.precision} | {'yes' if case.compiled else 'no'} "
            f"| {case.instances} | {row.fps:.1f} | {row.median_ms:.1f} | {row.p99_ms:.1f} "
            f"| {row.roofline:.1%} | {waits} | {memory} |"
        )
    return "\n".join(lines)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--models", nargs="+", default=["nano", "focal_t", "focal_l"])
    parser.add_argument("--sizes", nargs="+", default=["640x480", "1280x720"])
    parser.add_argument("--instances", nargs="+", type=int, default=[1, 5, 20])
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16", "fp16"])
    parser.add_argument("--compile", nargs="+", choices=("off", "on"), default=["off", "on"])
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--peak-side", type=int, default=PEAK_SIDE)
    parser.add_argument("--json", type=Path)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure all rows there is time for, print and write them."""
    args = arguments(argv)
    on_gpu = args.device.startswith("cuda")
    name = torch.cuda.get_device_name(args.device) if on_gpu else "the CPU"
    print(f"{name}, PyTorch {torch.__version__}, {args.frames} frames a row")
    order = itertools.product(
        args.compile, args.models, args.sizes, args.precisions, args.instances
    )
    rows: list[Row] = []
    left_out: list[Case] = []
    end = time.monotonic() + 60 * args.minutes
    for compiled, model, size, precision, count in order:
        case = Case(model, size, precision, compiled == "on", count)
        if time.monotonic() > end:
            left_out.append(case)
            continue
        rows.append(measure(case, args.device, args.frames, args.peak_side))
    print(table(rows))
    for case in left_out:
        print(f"left out, no time: {case}")
    if args.json:
        report: dict[str, Any] = {"device": name, "torch": torch.__version__}
        report["rows"] = [asdict(row) for row in rows]
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
