"""Train the semantic map of a trained model: ``python -m training.semantic``.

The rest of the model stays as it is, so its backbone maps are computed once for a bank of views
and used many times. The same command goes on after an interruption.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import load_file_model, save_model
from training.mixture import SampleSet, training_sets
from training.semantic_targets import FORMS, UNKNOWN, cell_targets
from training.stage_options import stage_parser
from training.views import IGNORE, make_view

DROPOUT = 0.15  # of whole feature channels: a few thousand scenes are soon learned by heart


@dataclass(eq=False)
class Bank:
    """Backbone maps of views (res3, res4, res5, each (N, C, h, w) float16) and class targets.

    ``targets`` (N, H/8, W/8) int16: index of a name, their number for background, -1 unknown;
    ``weights`` (N, H/8, W/8) float16: every object counts alike, large or small.
    """

    maps: list[Tensor]
    targets: Tensor
    weights: Tensor


class ViewMaker:
    """View ``n`` of the training sets with its class targets, by the seed alone."""

    def __init__(
        self,
        sets: list[tuple[SampleSet, float]],
        names: list[str],
        size: tuple[int, int],
        seed: int,
    ) -> None:
        self.sets, self.size, self.seed = [s for s, _ in sets if s.vocabulary], size, seed
        weights = np.array([w for s, w in sets if s.vocabulary])
        self.chances = weights / weights.sum()
        self.index = {name: i for i, name in enumerate(names)}

    def __call__(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Image (H, W, 3) uint8, targets (H/8, W/8) int16 and weights (H/8, W/8) float32."""
        rng = np.random.default_rng((self.seed, 2, number))
        chosen = self.sets[rng.choice(len(self.sets), p=self.chances)]
        sample = chosen[int(rng.integers(len(chosen)))]
        ids = [i for i in np.unique(sample.labels) if 0 < i < IGNORE]
        focus = int(rng.choice(ids)) if ids else None
        view = make_view(sample.image, sample.labels, self.size, rng, focus, zoom=(0.9, 1.35))
        return view.image, *cell_targets(view.labels, sample.names, self.index)


@torch.inference_mode()
def fill_bank(model: Seem, maker: ViewMaker, count: int) -> Bank:
    """Compute the backbone maps of ``count`` views."""
    mean, std = (torch.tensor(v) for v in (model.config.input.mean, model.config.input.std))
    maps: list[list[Tensor]] = [[], [], []]
    rest: list[list[np.ndarray]] = [[], []]
    for number in tqdm(range(count), desc="views", mininterval=10):
        image, *truth = maker(number)
        x = ((torch.from_numpy(image).float() - mean) / std).permute(2, 0, 1)[None]
        for store, value in zip(maps, model.backbone(x)[1:], strict=True):
            store.append(value.half())
        for store, value in zip(rest, truth, strict=True):
            store.append(value)
    targets, weights = (torch.from_numpy(np.stack(r)) for r in rest)
    return Bank([torch.cat(m) for m in maps], targets, weights)


class Learner(nn.Module):
    """The parts that train, and the meanings of all names in all forms."""

    def __init__(self, model: Seem, names: list[str]) -> None:
        super().__init__()
        self.map, self.projection = model.semantic_map, model.language.semantic_proj
        phrases = [form.format(name) for form in FORMS for name in names]
        with torch.inference_mode():
            meaning = torch.cat(
                [
                    model.encode_text(phrases[i : i + 64]).meaning
                    for i in range(0, len(phrases), 64)
                ]
            )
        meaning = F.normalize(meaning, dim=-1).clone()
        self.register_buffer("meanings", meaning.unflatten(0, (len(FORMS), len(names))))

    def loss(self, bank: Bank, rows: Tensor, rng: np.random.Generator) -> tuple[Tensor, float]:
        """Weighted cross entropy of every cell, and the share of object cells named right."""
        maps = [m[rows].float() for m in bank.maps]
        flips = [-1] if rng.random() < 0.5 else []
        maps = [F.dropout2d(m.flip(flips), DROPOUT) for m in maps]
        targets = bank.targets[rows].long().flip(flips).flatten()
        weights = bank.weights[rows].float().flip(flips).flatten()
        semantic = self.map([maps[0], *maps]).permute(0, 2, 3, 1).flatten(0, 2)
        forms = torch.from_numpy(rng.integers(len(FORMS), size=self.meanings.shape[1]))
        meaning = self.meanings[forms, torch.arange(len(forms))]
        logits = self.map.logits(semantic, F.normalize(self.projection(meaning), dim=-1))
        each = F.cross_entropy(logits, targets.clamp(min=0), reduction="none")
        weights = weights * (targets != UNKNOWN)
        objects = (targets >= 0) & (targets < len(forms))
        right = (logits[objects].argmax(-1) == targets[objects]).float().mean()
        return (each * weights).sum() / weights.sum(), float(right)


def train(args: argparse.Namespace) -> None:
    """Train for ``--steps`` and write the whole model to ``--out``."""
    torch.manual_seed(args.seed)
    loaded = load_file_model(args.model)
    model = loaded.model.requires_grad_(False)
    names = list(model.config.vocabulary)
    sets = training_sets(args.data, args.photos)
    bank = fill_bank(model, ViewMaker(sets, names, (256, 320), args.seed), args.views)
    learner = Learner(model, names).requires_grad_(True).train()
    optimizer = torch.optim.AdamW(learner.parameters(), args.lr, weight_decay=0.02)
    state, start = args.out.with_suffix(".state.pt"), 0
    if state.exists():
        saved = torch.load(state, weights_only=True)
        learner.load_state_dict(saved["learner"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["step"]
    clock, recent = time.monotonic(), []
    for step in tqdm(range(start, args.steps), initial=start, total=args.steps, mininterval=10):
        rng = np.random.default_rng((args.seed, 3, step))
        for group in optimizer.param_groups:
            group["lr"] = args.lr * _schedule(step, args.steps)
        rows = torch.from_numpy(rng.integers(len(bank.targets), size=args.batch))
        loss, right = learner.loss(bank, rows, rng)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        recent.append((float(loss.detach()), right))
        if (step + 1) % 50 == 0:
            _log(args.out.with_suffix(".csv"), step + 1, recent)
            recent = []
        if time.monotonic() - clock > 120 or step + 1 == args.steps:
            clock = time.monotonic()
            parts = {"learner": learner.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save({**parts, "step": step + 1}, state)
            save_model(model, args.out, refiner=loaded.helpers.refiner)


def _schedule(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / 50) * (0.5 * (1 + math.cos(math.pi * step / steps)) + 0.01)


def _log(path: Path, step: int, recent: list[tuple[float, float]]) -> None:
    with path.open("a", newline="") as file:
        csv.writer(file).writerow([step, *np.mean(recent, 0).round(4)])


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = stage_parser("Train the semantic map of a trained model.", 2000)
    p.add_argument("--views", type=int, default=3000)
    return p


if __name__ == "__main__":
    train(parser().parse_args())
