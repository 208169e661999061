"""Train the semantic map of a trained model: ``python -m training.semantic``.

The rest of the model stays as it is, so its backbone maps are computed once for a bank of views
and used many times. The same command goes on after an interruption.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import SemanticMap
from seem_ros.model.weights_file import load_file_model, save_model
from training.data.mixture import SampleSet, training_sets
from training.data.views import IGNORE, make_view
from training.loop.loop import Loop, Schedule
from training.loop.options import records_of, stage_parser
from training.steps.semantic_targets import FORMS, UNKNOWN, cell_targets

EMA_DECAY = 0.995
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
    targets, weights = [], []
    for number in tqdm(range(count), desc="views", mininterval=10):
        image, classes, importance = maker(number)
        x = ((torch.from_numpy(image).float() - mean) / std).permute(2, 0, 1)[None]
        for store, value in zip(maps, model.backbone(x)[1:], strict=True):
            store.append(value.half())
        targets.append(torch.from_numpy(classes))
        weights.append(torch.from_numpy(importance))
    return Bank([torch.cat(m) for m in maps], torch.stack(targets), torch.stack(weights))


class Learner(nn.Module):
    """The parts that train, on rows of a bank, and the meanings of all names in all forms."""

    meanings: Tensor  # (forms, names, W)

    def __init__(self, model: Seem, names: list[str], bank: Bank) -> None:
        super().__init__()
        self._bank = bank
        projection = model.language.semantic_proj
        self.trained = nn.ModuleDict({"map": model.semantic_map, "projection": projection})
        phrases = [form.format(name) for form in FORMS for name in names]
        with torch.inference_mode():
            parts = [model.encode_text(phrases[i : i + 64]) for i in range(0, len(phrases), 64)]
            meaning = torch.cat([part.meaning for part in parts if part.meaning is not None])
        meaning = F.normalize(meaning, dim=-1).clone()
        self.register_buffer("meanings", meaning.unflatten(0, (len(FORMS), len(names))))

    @property
    def _map(self) -> SemanticMap:
        return cast("SemanticMap", self.trained["map"])

    def forward(self, rows: Tensor, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        """Weighted cross entropy of every cell, and the share of object cells named right."""
        bank = self._bank
        maps = [m[rows].float() for m in bank.maps]
        flips = [-1] if rng.random() < 0.5 else []
        maps = [F.dropout2d(m.flip(flips), DROPOUT) for m in maps]
        targets = bank.targets[rows].long().flip(flips).flatten()
        weights = bank.weights[rows].float().flip(flips).flatten()
        semantic = self._map([maps[0], *maps]).permute(0, 2, 3, 1).flatten(0, 2)
        forms = torch.from_numpy(rng.integers(len(FORMS), size=self.meanings.shape[1]))
        meaning = self.meanings[forms, torch.arange(len(forms))]
        meaning = F.normalize(self.trained["projection"](meaning), dim=-1)
        logits = self._map.logits(semantic, meaning)
        each = F.cross_entropy(logits, targets.clamp(min=0), reduction="none")
        weights = weights * (targets != UNKNOWN)
        objects = (targets >= 0) & (targets < len(forms))
        right = (logits[objects].argmax(-1) == targets[objects]).float().mean()
        return (each * weights).sum() / weights.sum(), {"right": float(right)}


def rows_of_steps(
    count: int, size: int, seed: int, start: int
) -> Iterator[tuple[Tensor, np.random.Generator]]:
    """Views of each step, of ``count`` that there are, with the random numbers of the step."""
    for step in itertools.count(start):
        rng = np.random.default_rng((seed, 3, step))
        yield torch.from_numpy(rng.integers(count, size=size)), rng


def train(args: argparse.Namespace) -> None:
    """Train for ``--steps`` and write the whole model to ``--out``."""
    torch.manual_seed(args.seed)
    loaded = load_file_model(args.model)
    model = loaded.model.requires_grad_(False)
    names = list(model.config.vocabulary)
    sets = training_sets(args.data, args.photos, args.leave_out)
    bank = fill_bank(model, ViewMaker(sets, names, (256, 320), args.seed), args.views)
    learner = Learner(model, names, bank).train()
    parameters = list(learner.trained.requires_grad_(True).parameters())
    schedule = Schedule(args.steps, warm_up=50)
    groups = [{"params": parameters, "lr": args.lr}]
    loop = Loop(learner, learner.trained, groups, schedule, EMA_DECAY, weight_decay=0.02)
    loop.resume(records_of(args).state)
    loop.run(rows_of_steps(len(bank.targets), args.batch, args.seed, loop.step), records_of(args))
    learner.trained.load_state_dict(loop.average.state_dict())
    save_model(model, args.out, refiner=loaded.helpers.refiner)


def parser() -> argparse.ArgumentParser:
    """Command line of the training."""
    p = stage_parser("Train the semantic map of a trained model.", 2000)
    p.add_argument("--views", type=int, default=3000)
    return p


if __name__ == "__main__":
    train(parser().parse_args())
