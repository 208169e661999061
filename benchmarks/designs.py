"""Compare designs of nano by a short training of each: accuracy against milliseconds.

python -m benchmarks.designs DESIGN... --measure SET... [--data DIR] [--photos DIR] [--steps N]
                             [--minutes M] [--limit N] [--json OUT]

A design is BACKBONE[:OPTION...]: EfficientNet lite0 or lite2; "frozen", "fully" trained, or else
its last third trained; "layers=N" and "width=N" of the decoder; "taught", to train clicks and
boxes towards the mean of the true mask and MobileSAM's. All take the shipped nano's weights but
for the backbone, which starts from its package, and the layers that read it, which start anew;
with a width all but the backbone starts anew, so compare widths with each other only, 128 (as
shipped) among them. Each batch goes to every design before the next one: a run that is cut short
still compares equals. Only spatial prompts are trained, and neither the refiner nor the detector
takes part. ``--steps 0`` trains nothing and keeps the shipped backbone too, for changes of the
number of layers alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.design_candidates import Candidate, Design
from seem_ros.evaluation.clicking import measure_picture
from seem_ros.evaluation.pictures import LabelledPicture, labelled_pictures
from seem_ros.model.loading import load_model
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from training.data.batches import BatchMaker, BatchPlan
from training.data.mixture import training_sets
from training.teacher.distillation import with_teacher
from training.teacher.mobile_sam import MobileSam

PLAN = BatchPlan(sizes=((256, 320),), samples=1, instances=4)
CLICKS, TIMED = 5, (384, 512)  # height and width that set_image is timed on


def train(candidates: list[Candidate], args: argparse.Namespace) -> int:
    """Give every batch to every design until the steps or the minutes are over; returns steps."""
    maker = BatchMaker(training_sets(args.data, args.photos), PLAN, args.seed)
    teacher = MobileSam() if any(c.design.taught for c in candidates) else None
    start = time.monotonic()
    for number in range(args.steps):
        batch = maker(number)
        batch.tasks = [dataclasses.replace(task, name=None) for task in batch.tasks]
        lesson = batch if teacher is None else with_teacher(teacher, batch)
        for candidate in candidates:
            candidate.step(lesson if candidate.design.taught else batch, number)
        minutes = (time.monotonic() - start) / 60
        if number % 20 == 19:
            means = (f"{c.design.text} {statistics.mean(c.losses[-20:]):.3f}" for c in candidates)
            print(f"step {number + 1}, {minutes:.1f} min, loss:", ", ".join(means), flush=True)
        if minutes > args.minutes:
            return number + 1
    return args.steps


def milliseconds(segmenters: dict[str, Segmenter], picture: LabelledPicture) -> dict[str, str]:
    """Median CPU ms of set_image and of a click on one thread, the designs in turn."""
    rgb = cv2.resize(picture.rgb, TIMED[::-1], interpolation=cv2.INTER_AREA)
    click = Prompt(points=[(TIMED[1] / 2, TIMED[0] / 2, 1)])
    times: dict[str, list[np.ndarray]] = {design: [] for design in segmenters}
    for _ in range(7):
        for design, segmenter in segmenters.items():
            marks = [time.thread_time()]
            segmenter.set_image(rgb)
            marks.append(time.thread_time())
            segmenter.predict(click)
            marks.append(time.thread_time())
            times[design].append(1000 * np.diff(marks))
    medians = {design: np.median(values, 0) for design, values in times.items()}
    return {design: f"{image:.0f} + {prompt:.0f}" for design, (image, prompt) in medians.items()}


def measured(segmenters: dict[str, Segmenter], folder: Path, limit: int) -> list[dict]:
    """Click and box the objects of a set with every design; prints and returns a row each."""
    pictures = list(labelled_pictures(folder, folder.name.startswith("photos_"), limit))
    times = milliseconds(segmenters, pictures[0])
    rows, first = [], None
    for design, segmenter in segmenters.items():
        records = [r for p in pictures for r in measure_picture(segmenter, p, CLICKS)]
        values = np.array([[r.at(1), r.at(3), r.at(5), r.box_iou] for r in records])
        first = values if first is None else first
        gain = (values - first).mean(1)
        cells = [design, folder.name, str(len(records)), *(f"{v:.3f}" for v in values.mean(0))]
        cells += [f"{gain.mean():+.3f} ± {gain.std() / len(gain) ** 0.5:.3f}"]
        print("|", " | ".join([*cells, times[design]]), "|", flush=True)
        rows.append({"design": design, "set": folder.name, "ms": times[design]})
        rows[-1]["values"] = values.round(4).tolist()
    return rows


def main() -> None:
    """Train, measure, and print a row for each set and design."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("designs", nargs="+", metavar="DESIGN")
    p.add_argument("--data", type=Path, help="folder of rendered sets")
    p.add_argument("--photos", type=Path, help="folder of photograph sets")
    p.add_argument("--steps", type=int, default=200)
    p.add_argument("--minutes", type=float, default=60.0, help="of training, all designs")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--measure", type=Path, nargs="+", required=True, metavar="SET")
    p.add_argument("--limit", type=int, default=24, help="pictures of each set")
    p.add_argument("--json", type=Path)
    args = p.parse_args()
    torch.set_num_threads(1)
    shipped = load_model("nano").model
    designs = [Design.parse(text) for text in args.designs]
    candidates = [Candidate(design, shipped, args.steps > 0, args.seed) for design in designs]
    steps = train(candidates, args) if args.steps else 0
    segmenters = {c.design.text: c.finished() for c in candidates}
    print(f"\nafter {steps} steps\n| design | set | objects | 1 click | 3 | 5 | box", end=" ")
    print("| mean against the first | CPU ms, image + click |", flush=True)
    rows = [r for folder in args.measure for r in measured(segmenters, folder, args.limit)]
    if args.json:
        args.json.write_text(json.dumps({"steps": steps, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
