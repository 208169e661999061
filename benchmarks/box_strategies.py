"""Compare ways to give a box to a model without a box encoder: ``box_strategies.py SET…``.

Runs on ``nano``, whose own box input is the yardstick: mean IoU over labelled objects of the
exact box, given as clicks, as clicks inside and around it, with and without cutting the mask at
the box.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402

from seem_ros.evaluation.pictures import labelled_pictures  # noqa: E402
from seem_ros.instances import box_of, iou  # noqa: E402
from seem_ros.prompts import Prompt  # noqa: E402
from seem_ros.segmenter import Segmenter  # noqa: E402

Box = tuple[float, float, float, float]
_INNER = 0.3  # as in seem_ros.segmenting.families.box_points
_GAP = 0.08
_AROUND = tuple(np.linspace(0, 1, 3))


def _centre(box: Box) -> list[tuple[float, float, int]]:
    return [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1)]


def _middle(box: Box) -> list[tuple[float, float, int]]:
    """The centre and four points on the inner ellipse."""
    (x, y, _), width, height = _centre(box)[0], box[2] - box[0], box[3] - box[1]
    dx, dy = _INNER * width, _INNER * height
    return [*_centre(box), (x - dx, y, 1), (x + dx, y, 1), (x, y - dy, 1), (x, y + dy, 1)]


def _ring(box: Box, height: int, width: int) -> list[tuple[float, float, int]]:
    """Eight background points just outside, those inside the image."""
    gap_x, gap_y = (max(3.0, _GAP * (box[2 + i] - box[i])) for i in (0, 1))
    x0, y0, x1, y1 = box[0] - gap_x, box[1] - gap_y, box[2] + gap_x, box[3] + gap_y
    places = [(x0 + (x1 - x0) * i, y0 + (y1 - y0) * j, 0) for i in _AROUND for j in _AROUND]
    edge = [place for k, place in enumerate(places) if k != 4]
    return [(x, y, s) for x, y, s in edge if 0 <= x < width and 0 <= y < height]


STRATEGIES: dict[str, Callable[[Box, int, int], Prompt]] = {
    "centre click": lambda b, h, w: Prompt(points=tuple(_centre(b))),
    "middle": lambda b, h, w: Prompt(points=tuple(_middle(b))),
    "centre + ring": lambda b, h, w: Prompt(points=(*_centre(b), *_ring(b, h, w))),
    "middle + ring": lambda b, h, w: Prompt(points=(*_middle(b), *_ring(b, h, w))),
    "box input": lambda b, h, w: Prompt(boxes=(b,)),
}


def measure(segmenter: Segmenter, folder: Path, limit: int) -> dict[str, list[float]]:
    """IoU of every object for every strategy, as it comes and cut at the box."""
    found: dict[str, list[float]] = {}
    for picture in labelled_pictures(folder, limit=limit):
        segmenter.set_image(picture.rgb)
        height, width = picture.labels.shape
        for truth in picture.objects().values():
            box = x0, y0, x1, y1 = box_of(truth)
            prompts = [make(box, height, width) for make in STRATEGIES.values()]
            for name, result in zip(STRATEGIES, segmenter.predict_batch(prompts), strict=True):
                cut = np.zeros_like(result.mask)
                cut[y0:y1, x0:x1] = result.mask[y0:y1, x0:x1]
                for key, mask in ((name, result.mask), (f"{name}, cut", cut)):
                    valid = ~picture.ignored
                    found.setdefault(key, []).append(iou(mask & valid, truth & valid))
    return found


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="labelled photograph sets")
    parser.add_argument("--limit", type=int, default=30, help="pictures of each set")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    segmenter = Segmenter.from_pretrained(args.model, "cpu")
    total: dict[str, list[float]] = {}
    for folder in args.folders:
        for name, values in measure(segmenter, folder, args.limit).items():
            total.setdefault(name, []).extend(values)
    report = {name: float(np.mean(values)) for name, values in total.items()}
    for name, value in sorted(report.items(), key=lambda item: -item[1]):
        print(f"{name:24} mean IoU {value:.3f} over {len(total[name])} objects")
    if args.json:
        args.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
