"""Train nano: ``python -m training.train --config config/models/nano.yaml --data DIR``.

Interrupt at any moment: the same command goes on where it ended, with the same batches (a batch
is a function of the seed and its number). ``--processes`` shares the work of a step.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from seem_ros.model.backbones.efficientnet_lite import EfficientNetLite, trainable_from
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import load_file_model, save_model
from training.data.batches import Batch, BatchMaker, BatchPlan
from training.data.mixture import training_sets
from training.loop.loop import Loop, Records, Schedule
from training.loop.parallel import Team, run_team
from training.steps.texts import TextSource
from training.steps.trainer import Trainer
from training.weights.pretrained import build_for_training
from training.weights.starting import start_from

EMA_DECAY = 0.998
BACKBONE_RATE = 0.3  # of the learning rate, for what is pretrained


class _Numbers(Dataset):
    """The batches of one process of a team, from step ``start`` on."""

    def __init__(self, maker: BatchMaker, start: int, steps: int, team: Team) -> None:
        self.maker, self.start, self.steps, self.team = maker, start, steps, team

    def __len__(self) -> int:
        return self.steps - self.start

    def __getitem__(self, index: int) -> Batch:
        return self.maker((self.start + index) * self.team.size + self.team.rank)


def train(team: Team, args: argparse.Namespace) -> None:
    """Train until ``--steps``, logging to log.csv; an interrupt saves and ends."""
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    args.out.mkdir(parents=True, exist_ok=True)
    sets = training_sets(args.data, args.photos, args.leave_out)
    names = tuple(sorted({n for s, _ in sets for n in s.vocabulary}))
    model = build_for_training(args.config, names)
    state = args.out / "state.pt"
    begun = load_file_model(args.start_from) if args.start_from else LoadedModel(model)
    if args.start_from and not state.exists():
        count = start_from(model, begun.model)
        print(f"{count} of {len(model.state_dict())} arrays start from {args.start_from}")
    model = model.to(device).train()
    groups = parameter_groups(model, args.first_block, args.lr, args.reading_rate)
    loop = Loop(
        Trainer(model, TextSource(model.language, names), args.bf16),
        model,
        groups,
        Schedule(args.steps, constant=args.constant),
        EMA_DECAY,
        team=team,
    )
    loop.resume(state)
    average = loop.average
    assert isinstance(average, Seem)
    plan = BatchPlan(sizes=tuple(args.sizes), instances=args.instances)
    numbers = _Numbers(BatchMaker(sets, plan, args.seed), loop.step, args.steps, team)
    team.listen()
    records = Records(state, args.out / "log.csv", args.log_every, args.save_minutes)
    loop.run(
        _with_chance(numbers, args.seed, loop.step, team),
        records,
        lambda: save_model(average, args.out / "model.safetensors", refiner=begun.helpers.refiner),
    )
    if team.leads and loop.step < args.steps:
        print(f"interrupted after step {loop.step}; the same command goes on from there")


def parameter_groups(
    model: Seem, first_block: int, lr: float, reading_rate: float = 1.0
) -> list[dict[str, Any]]:
    """Freeze what does not train, and return the rest in groups with their learning rates.

    The text encoder stays as it is.
    """
    model.language.lang_encoder.requires_grad_(False)
    assert isinstance(model.backbone, EfficientNetLite)
    backbone = trainable_from(model.backbone, first_block)
    taken = {id(p) for p in backbone}
    rest: dict[bool, list[nn.Parameter]] = {False: [], True: []}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and id(parameter) not in taken:
            rest["reading" in name or "quality" in name].append(parameter)
    return [
        {"params": rest[False], "lr": lr},
        {"params": backbone, "lr": BACKBONE_RATE * lr},
        {"params": rest[True], "lr": reading_rate * lr},
    ]


def _with_chance(
    numbers: _Numbers, seed: int, start: int, team: Team
) -> Iterator[tuple[Batch, np.random.Generator]]:
    """Batches, made in another process, with the random numbers of their step."""
    loader = DataLoader(
        numbers, batch_size=None, num_workers=1, prefetch_factor=4, worker_init_fn=_deaf
    )
    for step, batch in enumerate(loader, start):
        yield batch, np.random.default_rng((seed, 1, step * team.size + team.rank))


def _deaf(worker: int) -> None:
    """Let only the training process hear an interrupt; its loaders end when it does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _size(text: str) -> tuple[int, int]:
    width, height = (int(v) for v in text.split("x"))
    return height, width


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = argparse.ArgumentParser(description="Train nano; run again to resume.")
    p.add_argument("--config", type=Path, default=Path("config/models/nano.yaml"))
    p.add_argument("--data", type=Path, required=True, help="folder of rendered sets")
    p.add_argument("--photos", type=Path, help="folder of photograph and video sets")
    p.add_argument("--leave-out", nargs="+", default=(), metavar="SET", help="sets to do without")
    p.add_argument("--out", type=Path, default=Path("runs/nano"))
    p.add_argument("--start-from", type=Path, help="model file to begin with")
    p.add_argument("--steps", type=int, default=3000)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--constant", type=float, default=0.0, help="share of steps before lr falls")
    p.add_argument("--reading-rate", type=float, default=1.0, help="of lr, for what readings need")
    p.add_argument("--first-block", type=int, default=9, help="first backbone block that trains")
    p.add_argument("--instances", type=int, default=5, help="prompted instances per view")
    p.add_argument("--sizes", type=_size, nargs="+", default=[(256, 320), (320, 320)])
    p.add_argument("--processes", type=int, default=default_processes(), help="share each step")
    p.add_argument(
        "--bf16",
        action=argparse.BooleanOptionalAction,
        default=torch.cuda.is_available(),
        help="multiply in bfloat16; slower on processors without instructions for it",
    )
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--log-every", type=int, default=20)
    p.add_argument("--save-minutes", type=float, default=5.0)
    return p


def default_processes() -> int:
    """Two processes of half the cores each, one with CUDA or on a single core."""
    return 1 if torch.cuda.is_available() or (os.cpu_count() or 1) < 2 else 2


if __name__ == "__main__":
    arguments = parser().parse_args()
    run_team(train, arguments, arguments.processes)
