"""Training batches: two views of each of a few samples, with prompts for their instances.

A batch is a pure function of the seed and its number, so that training resumes exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor

from seem_ros.evaluation.datasets import Sample
from seem_ros.prompts import Prompt
from seem_ros.segmenting.families.prompt_planes import (
    MASK_TOKENS,
    EncodedPrompt,
    encode_prompt,
    places_on,
)
from seem_ros.segmenting.grid import Grid
from training.data.mixture import SampleSet
from training.data.prompt_sampler import CHANCES, MOVING_CHANCES, drifted_mask, first_prompt
from training.data.views import IGNORE, View, make_view

ABSENT_CHANCE = 0.06  # of a task whose reference shows what is not in the view


@dataclass(frozen=True)
class BatchPlan:
    """How batches are made.

    Attributes:
        sizes: (height, width) choices of the views.
        samples: samples per batch, two views each.
        instances: prompted instances per view.
    """

    sizes: tuple[tuple[int, int], ...] = ((256, 320), (320, 320))
    samples: int = 2
    instances: int = 5


@dataclass(eq=False)
class InstanceTask:
    """One instance to segment: its truth, its first prompt, its reference in the other view.

    `before` is where the motion would expect it, (H, W) bool, for the memory prompt. `target` is
    what its mask is trained towards instead of the truth, (H, W) float32 in 0..1. `shown_in` is
    the view of the batch that the reference lies on; what it shows may be absent here, its truth
    is then empty.
    """

    truth: np.ndarray  # (H, W) bool
    kind: str
    prompt: Prompt
    name: str | None
    reference: EncodedPrompt | None
    before: np.ndarray | None = None
    target: np.ndarray | None = None
    shown_in: int = -1


@dataclass(eq=False)
class Batch:
    """Images (I, H, W, 3) uint8 with labels, ignore masks, names and the instance tasks."""

    images: np.ndarray
    ignore: np.ndarray
    labels: np.ndarray
    names: list[dict[int, str | None]]
    tasks: list[InstanceTask] = field(default_factory=list)

    @property
    def grid(self) -> Grid:
        """Views are the model's input as they are."""
        size = self.images.shape[1], self.images.shape[2]
        return Grid(size, size, size)

    def weights(self) -> Tensor:
        """(I, H/2, W/2) float32: 0 where pixels are ignored."""
        return 1 - torch.from_numpy(half_size(self.ignore))


class BatchMaker:
    """Make the batch of any number from weighted sample sets."""

    def __init__(
        self, sets: Sequence[tuple[SampleSet, float]], plan: BatchPlan, seed: int
    ) -> None:
        self.sets = [s for s, _ in sets]
        weights = np.array([w for _, w in sets], float)
        self.chances = weights / weights.sum()
        self.plan, self.seed = plan, seed

    def __call__(self, number: int) -> Batch:
        """Make batch ``number``."""
        rng = np.random.default_rng((self.seed, number))
        size = self.plan.sizes[rng.integers(len(self.plan.sizes))]
        views: list[View] = []
        samples: list[Sample] = []
        while len(samples) < self.plan.samples:
            chosen = self.sets[rng.choice(len(self.sets), p=self.chances)]
            sample = chosen[int(rng.integers(len(chosen)))]
            pair = _view_pair(sample, size, rng)
            if pair is not None:
                samples.append(sample)
                views += pair
        labels = np.stack([v.labels for v in views])
        batch = Batch(
            np.stack([v.image for v in views]),
            labels == IGNORE,
            labels,
            [s.names for s in samples for _ in range(2)],
        )
        for index in range(len(views)):
            batch.tasks += self._tasks(views, index, samples, batch.grid, rng)
        return batch

    def _tasks(
        self,
        views: Sequence[View],
        index: int,
        samples: Sequence[Sample],
        grid: Grid,
        rng: np.random.Generator,
    ) -> list[InstanceTask]:
        view, other, sample = views[index], views[index ^ 1], samples[index // 2]
        count = self.plan.instances
        chances = CHANCES if sample.later is None else MOVING_CHANCES
        tasks = []
        for instance in _chosen(view.ids, count, rng):
            if instance == 0 or rng.random() < ABSENT_CHANCE:
                absent = absent_task(views, index, samples, grid, rng)
                if absent is not None:
                    tasks.append(absent)
                    continue
            truth = view.labels == instance
            kind, prompt = first_prompt(truth, rng, None, chances)
            reference, before = None, None
            if kind in ("reference", "followed"):
                if instance in other.ids:
                    reference = reference_prompt(other.labels == instance, grid)
                else:
                    kind, prompt = first_prompt(truth, rng, "click")
            if kind == "followed":
                before = drifted_mask(truth, rng)
            name = sample.names.get(instance)
            tasks.append(
                InstanceTask(truth, kind, prompt, name, reference, before, shown_in=index ^ 1)
            )
        return tasks


def _chosen(ids: Sequence[int], count: int, rng: np.random.Generator) -> list[int]:
    """Choose ``count`` of some ids, all of them before any again; zeros where there are none."""
    if not ids:
        return [0] * count
    repeated = np.resize(rng.permutation(ids), max(count, len(ids)))
    return [int(i) for i in rng.permutation(repeated)[:count]]


def absent_task(
    views: Sequence[View],
    index: int,
    samples: Sequence[Sample],
    grid: Grid,
    rng: np.random.Generator,
) -> InstanceTask | None:
    """A reference to what view ``index`` does not show: something left behind, or of elsewhere.

    What is of elsewhere has a name that nothing in the view has, or none. At times the memory
    expects it where something else is. None when all views show the same.
    """
    view, other, here = views[index], index ^ 1, samples[index // 2]
    gone = [(other, i) for i in views[other].ids if not (view.labels == i).any()]
    names = {here.names.get(i) for i in view.ids} - {None}
    strange = [
        (k, i)
        for k, v in enumerate(views)
        if samples[k // 2].place != here.place
        for i in v.ids
        if samples[k // 2].names.get(i) not in names
    ]
    choices = gone if gone and (not strange or rng.random() < 0.5) else strange
    if not choices:
        return None
    shown_in, instance = choices[rng.integers(len(choices))]
    reference = reference_prompt(views[shown_in].labels == instance, grid)
    before = None
    if view.ids and rng.random() < 0.25:
        before = drifted_mask(view.labels == rng.choice(view.ids), rng)
    truth = np.zeros(view.labels.shape, bool)
    return InstanceTask(truth, "absent", Prompt(), None, reference, before, shown_in=shown_in)


def reference_prompt(mask: np.ndarray, grid: Grid) -> EncodedPrompt:
    """Points inside an instance's mask, as the tracker takes them from an earlier frame."""
    points = places_on(grid.cover(mask), MASK_TOKENS)
    empty = encode_prompt(Prompt(), grid)
    return EncodedPrompt(points, np.ones(len(points), bool), empty.planes)


def half_size(masks: np.ndarray) -> np.ndarray:
    """(N, H, W) bool or 0..1 -> (N, H/2, W/2) float32 cover: the resolution of mask losses."""
    height, width = masks.shape[1:]
    small = [
        cv2.resize(m.astype(np.float32), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        for m in masks
    ]
    return np.stack(small)


def _view_pair(
    sample: Sample, size: tuple[int, int], rng: np.random.Generator
) -> tuple[View, View] | None:
    """Two views around one instance; None when nothing shows enough in one of them.

    The second shows the later frame where the sample is from a clip, be it empty.
    """
    ids = [i for i in np.unique(sample.labels) if 0 < i < IGNORE]
    if not ids:
        return None
    focus = int(rng.choice(ids))
    shown = (sample.image, sample.labels)
    first, second = (
        make_view(*picture, size, rng, focus) for picture in (shown, sample.later or shown)
    )
    if not first.ids or (sample.later is None and not second.ids):
        return None
    return first, second
