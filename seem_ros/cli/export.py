"""``seem-ros export``: nano for ONNX Runtime or OpenVINO, checked against PyTorch at once."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from seem_ros.cli.export_encoder import export_encoders
from seem_ros.cli.prompt_arguments import add_input_size

if TYPE_CHECKING:
    import numpy as np

    from seem_ros.prompts import Prompt
    from seem_ros.segmenter import Segmenter

PARITY = 1e-2  # of mask logits
_REPEATS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("model", metavar="MODEL", help="nano, or the file of a model like it")
    parser.add_argument("--format", choices=("onnx", "openvino"), default="onnx")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument(
        "--size", action="append", type=_size, metavar="WxH",
        help="of the camera's pictures (640x480); repeat for more, others run in PyTorch",
    )  # fmt: skip
    parser.add_argument(
        "--encoder", action="store_true",
        help="the image encoder alone, of any model, as an ONNX network for TensorRT",
    )  # fmt: skip
    parser.add_argument("--half", action="store_true", help="with --encoder: in half precision")
    add_input_size(parser)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or min(int(match[1]), int(match[2])) < 16:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT of at least 16x16")
    return int(match[2]), int(match[1])


def run(args: argparse.Namespace) -> int:
    """Export, load what was written, compare, and print how much faster it is.

    Raises:
        ValueError: a model that cannot be exported, or logits that differ by more than 0.01.
        ImportError: a package of requirements/export.txt is missing.

    """
    from seem_ros.model.exporting import export_model
    from seem_ros.model.loading import load_model
    from seem_ros.model.preprocess import plan
    from seem_ros.segmenter import Segmenter

    pictures = args.size or [(480, 640)]
    if args.half and not args.encoder:
        raise ValueError("--half goes with --encoder")
    if args.encoder:
        try:
            export_encoders(args.model, args.out, pictures, args.half, args.input_size)
        except ImportError as error:
            raise ImportError(f"{error}: see requirements/export.txt") from error
        return 0
    loaded = load_model(args.model, args.input_size)
    model, helpers = loaded.model, loaded.helpers
    sizes = sorted({plan(h, w, model.config.input).padded for h, w in pictures})
    detector_sizes = []
    if helpers.detector is not None:
        detector_sizes = sorted({helpers.detector.input_size(*size) for size in pictures})
    try:
        export_model(loaded, args.out, args.format, sizes, detector_sizes)
        exported = Segmenter.from_pretrained(str(args.out), device="cpu", second_eye=False)
    except ImportError as error:
        raise ImportError(f"{error}: see requirements/export.txt") from error
    print(args.out)
    reference = Segmenter(model, "cpu", helpers)
    worst = 0.0
    for height, width in pictures:
        worst = max(worst, _compare(reference, exported, height, width))
    if worst > PARITY:
        raise ValueError(f"mask logits differ by {worst:.4f} from PyTorch's, more than {PARITY}")
    return 0


def _compare(reference: Segmenter, exported: Segmenter, height: int, width: int) -> float:
    """Print and return the largest difference of mask logits; print CPU times."""
    import numpy as np

    from seem_ros.prompts import Prompt

    rgb = _picture(height, width)
    x, y = width * 0.3, height * 0.4
    rounds = [
        Prompt(points=[(x, y, 1)]),
        Prompt(boxes=[(width * 0.1, height * 0.1, width * 0.5, height * 0.7)]),
        Prompt(points=[(x, y, 1), (width * 0.8, height * 0.8, 0)]),
    ]
    answers, times = [], []
    for segmenter in (reference, exported):
        segmenter.set_image(rgb)
        first = segmenter.predict_batch(rounds)
        answers.append([*first, segmenter.predict(rounds[2], previous=first[0])])
        times.append(_cpu_ms(segmenter, rgb, rounds[0]))
    differences = [
        float(np.abs(a.logits - b.logits).max())
        for a, b in zip(*answers, strict=True)
        if a.logits is not None and b.logits is not None
    ]
    if any(a.found != b.found for a, b in zip(*answers, strict=True)):
        differences.append(float("inf"))
    worst = max(differences, default=0.0)
    print(f"{width}x{height}: mask logits differ by at most {worst:.2g} from PyTorch's")
    for name, before in times[0].items():
        after = times[1][name]
        print(
            f"  {name:10} {before:7.1f} -> {after:7.1f} CPU ms, {before / after:.2f} times as fast"
        )
    return worst


def _cpu_ms(segmenter: Segmenter, rgb: np.ndarray, prompt: Prompt) -> dict[str, float]:
    """CPU milliseconds of an image, of a click, and of the detector if any: least of a few."""
    import torch

    calls: dict[str, Callable[[], object]] = {
        "set_image": lambda: segmenter.set_image(rgb),
        "one click": lambda: segmenter.predict(prompt),
    }
    if (detector := segmenter.helpers.detector) is not None:
        calls["detector"] = lambda: detector(torch.tensor(rgb))
    least = {}
    for name, call in calls.items():
        spent = []
        for _ in range(_REPEATS):
            started = time.process_time()
            call()
            spent.append((time.process_time() - started) * 1000)
        least[name] = min(spent)
    return least


def _picture(height: int, width: int) -> np.ndarray:
    """Discs on a shaded ground, (height, width, 3) uint8."""
    import cv2
    import numpy as np

    rows, columns = np.mgrid[:height, :width]
    ground = 90 + 60 * rows / height + 30 * np.sin(columns / 17)
    rgb = np.repeat(ground[..., None], 3, 2).astype(np.uint8)
    radius = min(height, width) // 5
    places = ((0.3, 0.4, (200, 40, 30)), (0.7, 0.35, (30, 90, 200)), (0.6, 0.75, (40, 170, 60)))
    for x, y, colour in places:
        cv2.circle(rgb, (int(x * width), int(y * height)), radius, colour, -1)
    return rgb
