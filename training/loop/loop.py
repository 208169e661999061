"""The loop of every training: gradients, schedule, averaged weights, log and checkpoints."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from training.loop.parallel import Team

Batch = Sequence[Any]
"""What a learner's `forward` takes."""

LARGEST_NORM = 1.0  # of a gradient, which is scaled down to it
LEAST_RATE = 0.01  # of the learning rate, at the end


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes: a linear start, a constant part, half a cosine to the end.

    Attributes:
        steps: of the whole training.
        warm_up: steps until the full rate.
        constant: share of the steps before the rate falls.
    """

    steps: int
    warm_up: int = 100
    constant: float = 0.0

    def __call__(self, step: int) -> float:
        """Return the share of the learning rate in a step, which counts from 0."""
        fall = max(0.0, step / self.steps - self.constant) / max(1 - self.constant, 1e-6)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, fall)))
        return min(1.0, (step + 1) / self.warm_up) * (cosine + LEAST_RATE)


@dataclass(frozen=True)
class Records:
    """Where a training leaves what it did, and how often.

    Attributes:
        state: file to go on from.
        log: CSV of the mean loss and its parts.
        log_every: steps of a line.
        save_minutes: from one save to the next.
    """

    state: Path
    log: Path
    log_every: int = 50
    save_minutes: float = 2.0


class Loop:
    """A module that learns from batches, its averaged weights, its optimiser and the step.

    Args:
        learner: `forward` takes a batch and returns the loss and its parts for the log.
        module: what is trained and averaged: the learner itself or a part of it.
        groups: parameters of the optimiser, with a learning rate ("lr") each.
        schedule: of the learning rates.
        decay: of the averaged weights, less in the first steps.
        weight_decay: of AdamW.
        team: the processes that share each step.
    """

    def __init__(
        self,
        learner: nn.Module,
        module: nn.Module,
        groups: list[dict[str, Any]],
        schedule: Schedule,
        decay: float,
        weight_decay: float = 1e-2,
        team: Team | None = None,
    ) -> None:
        self.module, self.schedule, self.team, self.step = module, schedule, team or Team(), 0
        self.optimizer = torch.optim.AdamW(groups, weight_decay=weight_decay)
        self._rates = LambdaLR(self.optimizer, schedule)
        self._average = AveragedModel(module, avg_fn=_warming_up(decay), use_buffers=True)
        self._learner = self.team.shared(learner)

    @property
    def average(self) -> nn.Module:
        """The module with its averaged weights, a copy."""
        return self._average.module

    def update(self, batch: Batch) -> dict[str, float]:
        """Take one step; returns the loss, its parts and the norm of the gradient."""
        self.optimizer.zero_grad(set_to_none=True)
        loss, parts = self._learner(*batch)
        loss.backward()
        trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.team.complete(trained)
        norm = clip_grad_norm_(trained, LARGEST_NORM)
        if torch.isfinite(norm):
            self.optimizer.step()
        self._rates.step()
        self._average.update_parameters(self.module)
        self.step += 1
        return {"loss": float(loss.detach()), **parts, "norm": float(norm)}

    def run(
        self, batches: Iterable[Batch], records: Records, saved: Callable[[], None] | None = None
    ) -> None:
        """Learn from batches until the schedule ends or the team is asked to stop.

        Args:
            batches: from the current step on.
            records: what to write.
            saved: called after each save, to write the model itself.
        """
        clock, recent = time.monotonic(), []
        shown = tqdm(
            batches,
            initial=self.step,
            total=self.schedule.steps,
            mininterval=10,
            disable=not self.team.leads,
        )
        for batch in shown:
            recent.append(self.update(batch))
            stopping = self.team.wants_to_stop() or self.step >= self.schedule.steps
            if self.team.leads and (len(recent) >= records.log_every or stopping):
                _log(records.log, self.step, recent)
                recent = []
            due = time.monotonic() - clock > records.save_minutes * 60
            if self.team.leads and (due or stopping):
                self.save(records.state)
                if saved is not None:
                    saved()
                clock = time.monotonic()
            if stopping:
                break

    def save(self, path: Path) -> None:
        """Write the state to go on from: what trains, its average, optimiser, schedule, step."""
        state = {
            "step": self.step,
            "weights": self._trained(self.module),
            "average": self._trained(self.average),
            "averaged": self._average.n_averaged,
            "optimizer": self.optimizer.state_dict(),
            "rates": self._rates.state_dict(),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> bool:
        """Go on from a saved state; False when there is none.

        The schedule stays this loop's own: it may be longer than the one that was interrupted.
        """
        if not path.exists():
            return False
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.step = state["step"]
        self.module.load_state_dict(state["weights"], strict=False)
        self.average.load_state_dict(state["average"], strict=False)
        self._average.n_averaged.copy_(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        rates = state["rates"]
        rates["lr_lambdas"] = [None] * len(rates["lr_lambdas"])
        self._rates.load_state_dict(rates)
        return True

    def _trained(self, module: nn.Module) -> dict[str, Tensor]:
        """State of a copy of the module but for what does not train."""
        still = {name for name, p in self.module.named_parameters() if not p.requires_grad}
        return {name: x for name, x in module.state_dict().items() if name not in still}


def _warming_up(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """An exponential moving average that trusts the first steps less than its decay says."""

    def averaged(mean: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
        step = int(count) + 1
        if not value.is_floating_point():
            return value
        return mean.lerp(value, 1 - min(decay, step / (step + 20)))

    return averaged


def _log(path: Path, step: int, recent: Sequence[dict[str, float]]) -> None:
    means = {k: round(float(np.mean([r[k] for r in recent])), 4) for k in recent[0]}
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", *means])
        writer.writerow([step, *means.values()])
