"""Train the refiner of a trained model: ``python -m training.refine``.

The rest of the model stays as it is, so it is asked about a bank of pictures once, and its answers
are used many times. The same command goes on after an interruption.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import RefinerConfig
from seem_ros.model.helpers import build_refiner
from seem_ros.model.helpers.refiner import Refiner
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.weights_file import load_file_model, save_model
from seem_ros.segmenter import Segmenter
from training.data.mixture import training_sets
from training.loop.loop import Loop, Schedule
from training.loop.options import records_of, stage_parser
from training.refining.bank import fill_bank
from training.refining.cut_outs import CutOuts

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


class Learner(nn.Module):
    """A refiner that learns from planes, features, targets and weights of cut-outs."""

    def __init__(self, refiner: Refiner) -> None:
        super().__init__()
        self.refiner = refiner.train().requires_grad_(True)

    def forward(
        self, planes: Tensor, fine: Tensor, middle: Tensor, target: Tensor, weight: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the loss."""
        logits = self.refiner(planes, F.dropout2d(fine, DROPOUT), F.dropout2d(middle, DROPOUT))
        return refiner_loss(logits, target, weight), {}


def refiner_loop(refiner: Refiner, lr: float, steps: int) -> Loop:
    """The loop that trains a refiner."""
    learner = Learner(refiner)
    groups = [{"params": list(refiner.parameters()), "lr": lr}]
    return Loop(learner, refiner, groups, Schedule(steps, warm_up=50), EMA_DECAY)


def cut_outs_of_steps(
    cut_outs: CutOuts, batch: int, size: int, seed: int, start: int
) -> Iterator[list[Tensor]]:
    """Cut-outs of each step, which are a function of the seed and its number."""
    for step in itertools.count(start):
        yield cut_outs.batch(batch, size, np.random.default_rng((seed, 5, step)))


def train(args: argparse.Namespace) -> None:
    """Train for ``--steps`` and write the whole model to ``--out``."""
    torch.manual_seed(args.seed)
    loaded = load_file_model(args.model)
    segmenter = Segmenter(loaded.model)
    sets = training_sets(args.data, args.photos, args.leave_out)
    bank = fill_bank(segmenter, sets, args.pictures, args.seed)
    refiner = with_refiner(loaded).helpers.refiner
    assert refiner is not None
    loop = refiner_loop(refiner, args.lr, args.steps)
    loop.resume(records_of(args).state)
    batches = cut_outs_of_steps(CutOuts(bank), args.batch, refiner.size, args.seed, loop.step)
    loop.run(batches, records_of(args))
    refiner.load_state_dict(loop.average.state_dict())
    save_model(loaded.model, args.out, refiner=refiner.eval())


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = stage_parser("Train the refiner of a trained model.", 2500)
    p.add_argument("--pictures", type=int, default=1500, help="the model is asked about")
    return p


if __name__ == "__main__":
    train(parser().parse_args())
