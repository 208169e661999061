"""Train nano: ``python -m training.train --config config/models/nano.yaml --data DIR``.

Interrupt at any moment: the same command goes on where it ended, with the same batches (a batch
is a function of the seed and its number). ``--processes`` shares the work of a step.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from seem_ros.model.backbones.efficientnet_lite import trainable_from
from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import load_file_model, save_model
from training.batches import Batch, BatchMaker, BatchPlan
from training.mixture import training_sets
from training.parallel import Team, run_team
from training.pretrained import build_for_training
from training.step import Trainer
from training.texts import TextSource

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


class Run:
    """Weights, optimiser, averaged weights and step of a training run."""

    def __init__(self, model: Seem, args: argparse.Namespace, team: Team) -> None:
        self.model, self.args, self.team, self.step = model, args, team, 0
        model.language.lang_encoder.requires_grad_(False)
        backbone = trainable_from(model.backbone, args.first_block)
        chosen = {id(p) for p in backbone}
        rest = [p for p in model.parameters() if p.requires_grad and id(p) not in chosen]
        self.optimizer = torch.optim.AdamW(
            [{"params": rest}, {"params": backbone}],
            lr=args.lr,
            weight_decay=1e-2,
        )
        self.average = {k: v.detach().clone() for k, v in self._trained()}

    def _trained(self) -> Iterator[tuple[str, Tensor]]:
        return ((k, p) for k, p in self.model.named_parameters() if p.requires_grad)

    def update(self, loss: Tensor) -> float:
        """One optimiser step; returns the norm of the gradient."""
        progress = self.step / self.args.steps
        rate = self.args.lr * min(1.0, (self.step + 1) / 100)
        rate *= 0.5 * (1 + math.cos(math.pi * progress)) + 0.01
        for group, scale in zip(self.optimizer.param_groups, (1.0, BACKBONE_RATE), strict=True):
            group["lr"] = rate * scale
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.team.average([p for _, p in self._trained()])
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.step += 1
        decay = min(EMA_DECAY, self.step / (self.step + 20))
        for key, parameter in self._trained():
            self.average[key].lerp_(parameter.detach(), 1 - decay)
        return float(norm)

    def save(self, folder: Path) -> None:
        """Write the state to resume from, and the averaged model for use."""
        state = {
            "step": self.step,
            "weights": dict(self._trained()),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, folder / "state.part")
        (folder / "state.part").replace(folder / "state.pt")
        current = {k: p.detach().clone() for k, p in self._trained()}
        self.model.load_state_dict(self.average, strict=False)
        save_model(self.model, folder / "model.safetensors")
        self.model.load_state_dict(current, strict=False)

    def start_from(self, path: Path) -> None:
        """Begin with a model's weights, but for what is of another shape in this one.

        A model with another backbone so gives all but the backbone and the layers that read it.
        """
        other = load_file_model(path).model
        state, own = other.state_dict(), self.model.state_dict()
        if other.config.backbone != self.model.config.backbone:
            state = {k: v for k, v in state.items() if not k.startswith("backbone.")}
        fitting = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
        self.model.load_state_dict(fitting, strict=False)
        self.average = {k: v.detach().clone() for k, v in self._trained()}
        print(f"{len(fitting)} of {len(own)} arrays start from {path}")

    def resume(self, folder: Path) -> None:
        """Go on from a folder's state."""
        state = torch.load(folder / "state.pt", map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["weights"], strict=False)
        self.average, self.step = state["average"], state["step"]
        self.optimizer.load_state_dict(state["optimizer"])


def train(team: Team, args: argparse.Namespace) -> None:
    """Train until ``--steps``, logging to log.csv; an interrupt saves and ends."""
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    args.out.mkdir(parents=True, exist_ok=True)
    sets = training_sets(args.data, args.photos)
    names = tuple(sorted({n for s, _ in sets for n in s.vocabulary}))
    run = Run(build_for_training(args.config, names).to(device), args, team)
    if (args.out / "state.pt").exists():
        run.resume(args.out)
    elif args.start_from:
        run.start_from(args.start_from)
    plan = BatchPlan(sizes=tuple(args.sizes), instances=args.instances)
    numbers = _Numbers(BatchMaker(sets, plan, args.seed), run.step, args.steps, team)
    loader = DataLoader(
        numbers, batch_size=None, num_workers=1, prefetch_factor=4, worker_init_fn=_deaf
    )
    trainer = Trainer(run.model.train(), TextSource(run.model.language, names))
    team.listen()
    shown = {
        "initial": run.step,
        "total": args.steps,
        "mininterval": 10,
        "disable": not team.leads,
    }
    _steps(run, trainer, tqdm(loader, **shown))
    if team.leads:
        run.save(args.out)
        if run.step < args.steps:
            print(f"interrupted after step {run.step}; the same command goes on from there")


def _deaf(worker: int) -> None:
    """Let only the training process hear an interrupt; its loaders end when it does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _steps(run: Run, trainer: Trainer, batches: Iterable[Batch]) -> None:
    """Train on batches, saving every ``--save-minutes``, until asked to stop."""
    args, team, saved = run.args, run.team, time.monotonic()
    device = run.model.language.lang_proj.device.type
    recent: list[dict[str, float]] = []
    for batch in batches:
        rng = np.random.default_rng((args.seed, 1, run.step * team.size + team.rank))
        with torch.autocast(device, torch.bfloat16, enabled=args.bf16):
            loss, parts = trainer.loss(batch, rng)
        recent.append({**parts, "norm": run.update(loss)})
        if team.leads and run.step % args.log_every == 0:
            _log(args.out / "log.csv", run.step, recent)
            recent = []
        if team.leads and time.monotonic() - saved > args.save_minutes * 60:
            run.save(args.out)
            saved = time.monotonic()
        if team.stopping:
            break


def _log(path: Path, step: int, recent: list[dict[str, float]]) -> None:
    means = {k: round(float(np.mean([r[k] for r in recent])), 4) for k in recent[0]}
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", *means])
        writer.writerow([step, *means.values()])


def _size(text: str) -> tuple[int, int]:
    width, height = (int(v) for v in text.split("x"))
    return height, width


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = argparse.ArgumentParser(description="Train nano; run again to resume.")
    p.add_argument("--config", type=Path, default=Path("config/models/nano.yaml"))
    p.add_argument("--data", type=Path, required=True, help="folder of rendered sets")
    p.add_argument("--photos", type=Path, help="folder of photograph sets")
    p.add_argument("--out", type=Path, default=Path("runs/nano"))
    p.add_argument("--start-from", type=Path, help="model file to begin with")
    p.add_argument("--steps", type=int, default=3000)
    p.add_argument("--lr", type=float, default=1e-3)
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
