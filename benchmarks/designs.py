"""Compare designs of nano by a short training of each: accuracy against milliseconds.

python -m benchmarks.designs DESIGN... --measure SET... [--data DIR] [--photos DIR] [--steps N]
                             [--minutes M] [--limit N] [--json OUT]

A design is BACKBONE[:OPTION...]: EfficientNet lite0 or lite2; "frozen", "fully" trained, or else
its last third trained; "layers=N" of the decoder. All take the shipped nano's weights but for
the backbone, which starts from its package, and the layers that read it, which start anew. Each
batch goes to every design before the next one: a run that is cut short still compares equals.
Only spatial prompts are trained. ``--steps 0`` trains nothing and keeps the shipped backbone
too, for changes of the decoder alone.
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

from seem_ros.evaluation.clicking import measure_picture
from seem_ros.evaluation.pictures import LabelledPicture, labelled_pictures
from seem_ros.model.backbones.efficientnet_lite import EfficientNetLite
from seem_ros.model.config import BackboneConfig, SeemConfig
from seem_ros.model.loading import load_model
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.training.batches import Batch, BatchMaker, BatchPlan
from seem_ros.training.mixture import training_sets
from seem_ros.training.pretrained import imagenet_weights
from seem_ros.training.spatial_step import spatial_losses
from seem_ros.training.step import Trainer
from seem_ros.training.texts import TextSource

PIXELS = "sem_seg_head.pixel_decoder."
READERS = ("backbone.", "sem_seg_head.semantic_map.", f"{PIXELS}input_proj", f"{PIXELS}adapter_")
LAST_THIRD = {"lite0": "_blocks.9.", "lite2": "_blocks.12."}
RATE, BACKBONE_RATE, WARM_UP = 1e-3, 3e-4, 20
AVERAGED = 0.97  # decay of the averaged weights, which are what is measured
PLAN = BatchPlan(sizes=((256, 320),), samples=1, instances=4)
CLICKS, TIMED = 5, (384, 512)  # height and width that set_image is timed on


def configured(shipped: SeemConfig, design: str) -> SeemConfig:
    """Return the shipped configuration, changed as the design says."""
    name, *options = design.split(":")
    if name not in LAST_THIRD:
        raise ValueError(f"backbone {name!r}: known are {', '.join(LAST_THIRD)}")
    changes = dict(option.split("=") for option in options if "=" in option)
    decoder = dataclasses.replace(shipped.decoder, **{k: int(v) for k, v in changes.items()})
    backbone = BackboneConfig("efficientnet_lite", {"variant": name})
    return dataclasses.replace(shipped, backbone=backbone, decoder=decoder, recogniser=None)


def start_backbone(backbone: EfficientNetLite, design: str) -> None:
    """Load the package's weights, and freeze what the design does not train."""
    name, *options = design.split(":")
    backbone.load_imagenet(imagenet_weights(name))
    names = [n for n, _ in backbone.named_parameters()]
    first = next(i for i, n in enumerate(names) if n.startswith(LAST_THIRD[name]))
    first = len(names) if "frozen" in options else 0 if "fully" in options else first
    for index, parameter in enumerate(backbone.parameters()):
        parameter.requires_grad_(index >= first)


class Candidate:
    """A design in training: its model, optimiser and averaged weights."""

    def __init__(self, design: str, shipped: Seem, args: argparse.Namespace) -> None:
        self.design, self.seed, self.losses = design, args.seed, []
        torch.manual_seed(args.seed)
        self.model = Seem(configured(shipped.config, design))
        own, left_out = self.model.state_dict(), READERS if args.steps else ()
        state = {k: v for k, v in shipped.state_dict().items() if not k.startswith(left_out)}
        self.model.load_state_dict({k: v for k, v in state.items() if k in own}, strict=False)
        if args.steps:
            start_backbone(self.model.backbone, design)
        self.model.language.requires_grad_(False)
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        self.trained = [p for _, p in named]
        rates = [BACKBONE_RATE if n.startswith("backbone.") else RATE for n, _ in named]
        groups = [{"params": [p], "rate": r} for p, r in zip(self.trained, rates, strict=True)]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=1e-2)
        self.average = [p.detach().clone() for p in self.trained]
        self.trainer = Trainer(self.model.train(), TextSource(self.model.language, ()))

    def step(self, batch: Batch, number: int) -> None:
        """Train on a batch: the mask loss of clicks, boxes, scribbles, masks and references."""
        features = self.model.encode_image(self.trainer.normalised(batch))
        rng = np.random.default_rng((self.seed, 1, number))
        loss = spatial_losses(self.model, self.trainer.texts, features, batch, rng)["mask"]
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * min(1.0, (number + 1) / WARM_UP)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.losses.append(float(loss.detach()))
        decay = min(AVERAGED, number / (number + 5))
        for mean, parameter in zip(self.average, self.trained, strict=True):
            mean.lerp_(parameter.detach(), 1 - decay)

    def finished(self) -> Segmenter:
        """Return a Segmenter with the averaged weights."""
        for mean, parameter in zip(self.average, self.trained, strict=True):
            parameter.data.copy_(mean)
        return Segmenter(self.model.requires_grad_(False))


def train(candidates: list[Candidate], args: argparse.Namespace) -> int:
    """Give every batch to every design until the steps or the minutes are over; returns steps."""
    maker = BatchMaker(training_sets(args.data, args.photos), PLAN, args.seed)
    start = time.monotonic()
    for number in range(args.steps):
        batch = maker(number)
        batch.tasks = [dataclasses.replace(task, name=None) for task in batch.tasks]
        for candidate in candidates:
            candidate.step(batch, number)
        minutes = (time.monotonic() - start) / 60
        if number % 20 == 19:
            means = (f"{c.design} {statistics.mean(c.losses[-20:]):.3f}" for c in candidates)
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
    shipped = load_model("nano")
    candidates = [Candidate(design, shipped, args) for design in args.designs]
    steps = train(candidates, args) if args.steps else 0
    segmenters = {c.design: c.finished() for c in candidates}
    print(f"\nafter {steps} steps\n| design | set | objects | 1 click | 3 | 5 | box", end=" ")
    print("| mean against the first | CPU ms, image + click |", flush=True)
    rows = [r for folder in args.measure for r in measured(segmenters, folder, args.limit)]
    if args.json:
        args.json.write_text(json.dumps({"steps": steps, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
