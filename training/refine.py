"""Train the refiner of a trained model: ``python -m training.refine``.

The rest of the model stays as it is, so it is asked about a bank of pictures once, and its answers
are used many times. The same command goes on after an interruption.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from seem_ros.model.config import RefinerConfig
from seem_ros.model.helpers import build_refiner
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.weights_file import load_file_model, save_model
from seem_ros.segmenter import Segmenter
from training.mixture import training_sets
from training.refiner_bank import fill_bank
from training.refiner_cut_outs import CutOuts
from training.stage_options import stage_parser

EMA_DECAY = 0.995
DROPOUT = 0.1  # of whole feature channels
_CROSS_ENTROPY = 2.0  # weight beside 1 - IoU


def refiner_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy plus soft 1 - IoU.

    Args:
        logits: (N, S, S).
        target: (N, S, S) in 0..1.
        weight: (N, S, S), 0 where a pixel is ignored.
    """
    each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    probability, target = logits.sigmoid() * weight, target * weight
    shared = (probability * target).sum((1, 2))
    union = (probability + target).sum((1, 2)) - shared
    iou = (shared + 1) / (union + 1)
    return (_CROSS_ENTROPY * (each * weight).mean((1, 2)) + 1 - iou).mean()


def with_refiner(loaded: LoadedModel) -> LoadedModel:
    """Return the model with a refiner that changes nothing yet, unless it has one."""
    if loaded.helpers.refiner is not None:
        return loaded
    model = loaded.model
    model.config = dataclasses.replace(model.config, refiner=RefinerConfig())
    helpers = dataclasses.replace(loaded.helpers, refiner=build_refiner(model.config).eval())
    return dataclasses.replace(loaded, helpers=helpers)


class Run:
    """A refiner, its optimiser, its averaged weights and the step."""

    def __init__(self, refiner: nn.Module, args: argparse.Namespace) -> None:
        self.refiner, self.args, self.step = refiner.train().requires_grad_(True), args, 0
        self.optimizer = torch.optim.AdamW(refiner.parameters(), args.lr, weight_decay=1e-2)
        self.average = {k: v.detach().clone() for k, v in refiner.state_dict().items()}

    def update(self, batch: list[Tensor]) -> float:
        """One step on planes, features, targets and weights; returns the loss."""
        planes, fine, middle, target, weight = batch
        rate = min(1.0, (self.step + 1) / 50)
        rate *= 0.5 * (1 + math.cos(math.pi * self.step / self.args.steps)) + 0.01
        for group in self.optimizer.param_groups:
            group["lr"] = self.args.lr * rate
        logits = self.refiner(planes, F.dropout2d(fine, DROPOUT), F.dropout2d(middle, DROPOUT))
        loss = refiner_loss(logits, target, weight)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.refiner.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(EMA_DECAY, self.step / (self.step + 20))
        for key, value in self.refiner.state_dict().items():
            known = self.average[key]
            known.lerp_(value, 1 - decay) if known.is_floating_point() else known.copy_(value)
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Write the state to resume from."""
        state = {
            "weights": self.refiner.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a saved state."""
        state = torch.load(path, weights_only=True)
        self.refiner.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average, self.step = state["average"], state["step"]


def train(args: argparse.Namespace) -> None:
    """Train for ``--steps`` and write the whole model to ``--out``."""
    torch.manual_seed(args.seed)
    loaded = with_refiner(load_file_model(args.model))
    model, refiner = loaded.model, loaded.helpers.refiner
    segmenter = Segmenter(model)
    bank = fill_bank(segmenter, training_sets(args.data, args.photos), args.pictures, args.seed)
    run, cut_outs = Run(refiner, args), CutOuts(bank)
    state = args.out.with_suffix(".state.pt")
    if state.exists():
        run.resume(state)
    clock, recent = time.monotonic(), []
    for step in tqdm(range(run.step, args.steps), initial=run.step, total=args.steps):
        rng = np.random.default_rng((args.seed, 5, step))
        recent.append(run.update(cut_outs.batch(args.batch, refiner.size, rng)))
        if run.step % 50 == 0:
            with args.out.with_suffix(".csv").open("a", newline="") as file:
                csv.writer(file).writerow([run.step, round(float(np.mean(recent)), 4)])
            recent = []
        if time.monotonic() - clock > 120 or run.step == args.steps:
            clock = time.monotonic()
            run.save(state)
    refiner.load_state_dict(run.average)
    save_model(model, args.out, refiner=refiner.eval())


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = stage_parser("Train the refiner of a trained model.", 2500)
    p.add_argument("--pictures", type=int, default=1500, help="the model is asked about")
    return p


if __name__ == "__main__":
    train(parser().parse_args())
