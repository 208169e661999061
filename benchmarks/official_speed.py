"""What a prompt costs with the official sizes: ``official_speed.py [--model NAME] [--json OUT]``.

Random weights cost what trained ones cost, so nothing is downloaded. Medians of wall-clock and
CPU seconds on one image of 640 x 480 at the official short side of 512, and two ratios: a second
prompt against the first (image and prompt), ten objects against one. Peak memory is that of this
process, so each --precision is measured by a run of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "test")]

import torch  # noqa: E402

from seem_ros.model.checkpoints import load_config  # noqa: E402
from seem_ros.model.footprint import peak_bytes  # noqa: E402
from seem_ros.model.precision import half_type, keep_halved  # noqa: E402
from seem_ros.model.seem import Seem  # noqa: E402
from seem_ros.model.text.tokenizer import ClipTokenizer  # noqa: E402
from seem_ros.prompts import Prompt  # noqa: E402
from seem_ros.segmenter import Segmenter  # noqa: E402
from support.drawn_images import drawn_image  # noqa: E402

OBJECTS = 10
_MIB = 1 << 20


def random_model(name: str, half: torch.dtype | None = None) -> Seem:
    """Return a model of that size with small random weights, in the types that loading gives."""
    config = load_config(name)  # plain class names: 81 templates each would only take time
    config = replace(config, text=replace(config.text, templates=False))
    with torch.device("meta"):
        model = Seem(config)
    if half is not None:
        keep_halved(model, half)
    model.to_empty(device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-0.02, 0.02)
    model.language.tokenizer = ClipTokenizer()
    return model.requires_grad_(False)


def build(name: str, precision: str) -> Segmenter:
    """Return a segmenter of that size with small random weights."""
    half = half_type(precision, torch.device("cpu"))
    segmenter = Segmenter(random_model(name, half), "cpu", precision=precision)
    segmenter.set_vocabulary(["cup", "box"])
    return segmenter


def _clicks(count: int) -> list[Prompt]:
    return [Prompt(points=((60.0 + 55 * i, 80.0 + 30 * i, 1),)) for i in range(count)]


def measure(call: Callable[[], object], repeats: int) -> dict[str, float]:
    """Median wall-clock and CPU seconds of a call, after one to warm up."""
    call()
    wall, cpu = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - start[0])
        cpu.append(time.process_time() - start[1])
    return {"wall_s": statistics.median(wall), "cpu_s": statistics.median(cpu)}


def run(segmenter: Segmenter, repeats: int) -> dict[str, dict[str, float]]:
    """Measure every step."""
    image = drawn_image("speed", 480, 640)
    one, many = _clicks(1)[0], _clicks(OBJECTS)

    def first() -> None:
        segmenter.set_image(image)
        segmenter.predict(one)

    def ten() -> None:
        segmenter.set_image(image)
        segmenter.predict_batch(many)

    steps: dict[str, Callable[[], object]] = {
        "set_image": lambda: segmenter.set_image(image),
        "first prompt (image + click)": first,
        "second prompt on the image": lambda: segmenter.predict(one),
        "ten objects on the image": lambda: segmenter.predict_batch(many),
        "image + ten objects": ten,
        "text on the image": lambda: segmenter.predict(Prompt(text="the red box")),
    }
    return {name: measure(call, repeats) for name, call in steps.items()}


def _memory(args: argparse.Namespace) -> str:
    return f"peak resident memory {peak_bytes() / _MIB:.0f} MiB, {args.model} {args.precision}"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="focal_t", help="focal_t, focal_l, …")
    parser.add_argument("--precision", choices=("fp32", "bf16", "fp16"), default="fp32")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0 = torch's default")
    parser.add_argument("--once", action="store_true", help="one image and click: peak memory")
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    segmenter = build(args.model, args.precision)
    if args.once:
        segmenter.set_image(drawn_image("speed", 480, 640))
        segmenter.predict(_clicks(1)[0])
        print(_memory(args))
        return 0
    steps = run(segmenter, args.repeats)
    for name, cost in steps.items():
        print(f"{name:30} {cost['wall_s']:7.2f} s wall {cost['cpu_s']:7.2f} s CPU")
    first, second = (
        steps[k] for k in ("first prompt (image + click)", "second prompt on the image")
    )
    ratios = {
        "second prompt / first": second["cpu_s"] / first["cpu_s"],
        "image + ten objects / image + one": steps["image + ten objects"]["cpu_s"]
        / first["cpu_s"],
    }
    for name, value in ratios.items():
        print(f"{name:36} {value:.2f} (of CPU seconds)")
    print(_memory(args))
    if args.json:
        report = {"model": args.model, "precision": args.precision}
        report["threads"] = torch.get_num_threads()
        report |= {"steps": steps, "ratios": ratios, "peak_mib": peak_bytes() / _MIB}
        args.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
