"""Train the decoder of the second eye beside a trained model: ``python -m training.second_eye``.

It begins with MobileSAM's weights. The encoder stays as it is, so that a bank of parts of pictures
is looked at once and asked many times. What it is taught: to know as a whole what the training
sets call a thing, and to put right the model's mask, which it is shown, rather than to begin anew.
What is written lies between the weights before and after: either knows borders and things that the
other does not, and only those before have readings that differ much. The same command goes on
after an interruption.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.helpers.mask_decoder import PADDING, POSITIVE
from seem_ros.model.helpers.second_eye import CELL, SecondEye
from seem_ros.model.weights_file import load_file_model, save_helper
from seem_ros.segmenter import Segmenter
from training.data.mixture import training_sets
from training.data.prompt_sampler import click_in
from training.insisting.bank import Insisted, fill_bank
from training.loop.loop import Loop, Schedule
from training.loop.options import records_of, stage_parser
from training.weights.mixed import mixed
from training.weights.second_eye import PACKAGE, second_eye

EMA_DECAY = 0.995
READINGS = 0.25
_CROSS_ENTROPY = 2.0  # weight beside 1 - IoU
_LEAST_PROBABILITY = 1e-4
ABOUT = {
    "source": f"npm {PACKAGE}: MobileSAM (Zhang et al. 2023), int8 rows; decoder trained on",
    "licence": "MIT in the package; MobileSAM and SAM, whose weights these were: Apache-2.0",
}


def mask_losses(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy plus soft 1 - IoU, for each of several masks of one object.

    Args:
        logits: (N, h, w).
        target: (h, w) in 0..1.
        weight: (h, w), 0 where a cell is ignored.

    Returns:
        (N,).
    """
    targets = target.expand_as(logits)
    each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    entropy = (each * weight).sum((1, 2)) / weight.sum().clamp(min=1)
    probability, true = logits.sigmoid() * weight, target * weight
    shared = (probability * true).sum((1, 2))
    union = probability.sum((1, 2)) + true.sum() - shared
    return _CROSS_ENTROPY * entropy + 1 - (shared + 1) / (union + 1)


@torch.no_grad()
def mask_ious(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """IoU (N,) of masks (N, h, w) with an object (h, w); see :func:`mask_losses`."""
    seen = weight > 0.5
    masks, true = (logits > 0) & seen, (target > 0.5) & seen
    shared, union = (masks & true).sum((1, 2)), (masks | true).sum((1, 2))
    return shared / union.clamp(min=1)


class Learner(nn.Module):
    """An eye whose decoder learns from questions of a bank.

    Args:
        eye: to be trained.
        readings: share of the questions that teach what a first click may mean, too.
    """

    def __init__(self, eye: SecondEye, readings: float = READINGS) -> None:
        super().__init__()
        self.eye, self.readings = eye, readings
        for part in (eye.prompts, eye.decoder):
            part.requires_grad_(True)

    def forward(
        self, rows: Sequence[Insisted], rng: np.random.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """Return the loss, the mean over the rows."""
        losses = [self._insisted(row) for row in rows]
        read = [self._readings(row, rng) for row in rows if rng.random() < self.readings]
        loss = torch.stack(losses).mean()
        if read:
            loss = loss + torch.stack(read).sum() / len(rows)
        return loss, {}

    def _insisted(self, row: Insisted) -> Tensor:
        """The single answer must be right alone, in the mean with the model's, and of itself."""
        logits, expected = row.asked.answer(self.eye, row.features.float())
        mean = torch.lerp(row.own, logits[0].sigmoid(), row.share).logit(_LEAST_PROBABILITY)
        losses = mask_losses(torch.stack([logits[0], mean]), row.target, row.weight)
        true = mask_ious(logits[:1], row.target, row.weight)
        return losses.sum() + (expected[:1] - true).square().sum()

    def _readings(self, row: Insisted, rng: np.random.Generator) -> Tensor:
        """The best of the three readings of one click must be right (Kirillov et al. 2023)."""
        x, y = click_in((row.target > 0.5).numpy(), rng, 0.3)
        places = torch.tensor([[(x + 0.5) * CELL, (y + 0.5) * CELL], [0.0, 0.0]])
        logits, expected = self.eye.answer(row.features.float(), places, [POSITIVE, PADDING])
        losses = mask_losses(logits[1:], row.target, row.weight)
        true = mask_ious(logits[1:], row.target, row.weight)
        return losses.min() + (expected[1:] - true).square().mean()


def eye_loop(eye: SecondEye, lr: float, steps: int) -> Loop:
    """The loop that trains an eye's decoder."""
    learner = Learner(eye)
    trained = [p for p in eye.parameters() if p.requires_grad]
    schedule = Schedule(steps, warm_up=50, constant=0.3)
    return Loop(learner, eye, [{"params": trained, "lr": lr}], schedule, EMA_DECAY)


def batches_of_steps(
    bank: Sequence[Insisted], batch: int, seed: int, start: int
) -> Iterator[tuple[list[Insisted], np.random.Generator]]:
    """Questions of each step, which are a function of the seed and its number."""
    for step in itertools.count(start):
        rng = np.random.default_rng((seed, 6, step))
        yield [bank[index] for index in rng.integers(len(bank), size=batch)], rng


def train(args: argparse.Namespace) -> None:
    """Train for ``--steps`` and write the eye to ``--out``."""
    torch.manual_seed(args.seed)
    loaded, eye = load_file_model(args.model), second_eye()
    segmenter = Segmenter(loaded.model, helpers=replace(loaded.helpers, second_eye=eye))
    sets = training_sets(args.data, args.photos, args.leave_out)
    bank = fill_bank(segmenter, sets, args.pictures, args.seed)
    before = {name: value.clone() for name, value in eye.state_dict().items()}
    loop = eye_loop(eye, args.lr, args.steps)
    loop.resume(records_of(args).state)
    loop.run(batches_of_steps(bank, args.batch, args.seed, loop.step), records_of(args))
    eye.load_state_dict(mixed(before, loop.average.state_dict(), args.share))
    save_helper(eye, args.out, ABOUT, small=True)


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = stage_parser("Train the decoder of the second eye beside a trained model.", 1900)
    p.set_defaults(batch=6, lr=5e-5)
    p.add_argument("--share", type=float, default=0.5, help="of what is trained, see mixed.py")
    p.add_argument("--pictures", type=int, default=600, help="the eye is asked about")
    return p


if __name__ == "__main__":
    train(parser().parse_args())
