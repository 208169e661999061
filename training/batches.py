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
    spread_points,
)
from seem_ros.segmenting.grid import Grid
from training.mixture import SampleSet
from training.prompt_sampler import drifted_mask, first_prompt
from training.views import IGNORE, View, make_view


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
    what its mask is trained towards instead of the truth, (H, W) float32 in 0..1.
    """

    truth: np.ndarray  # (H, W) bool
    kind: str
    prompt: Prompt
    name: str | None
    reference: EncodedPrompt | None
    before: np.ndarray | None = None
    target: np.ndarray | None = None


@dataclass(eq=False)
class Batch:
    """Images (I, H, W, 3) uint8 with labels, ignore masks, names and the instance tasks."""

    images: np.ndarray
    ignore: np.ndarray
    labels: np.ndarray
    names: list[dict[int, str | None]]
    tasks: list[InstanceTask] = field(default_factory=list)

    @property
    def geometry(self) -> Grid:
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
        for index, view in enumerate(views):
            other, sample = views[index ^ 1], samples[index // 2]
            batch.tasks += self._tasks(view, other, sample, batch.geometry, rng)
        return batch

    def _tasks(
        self,
        view: View,
        other: View,
        sample: Sample,
        geometry: Grid,
        rng: np.random.Generator,
    ) -> list[InstanceTask]:
        count = self.plan.instances
        ids = rng.permutation(np.resize(rng.permutation(view.ids), max(count, len(view.ids))))
        tasks = []
        for instance in ids[:count]:
            truth = view.labels == instance
            kind, prompt = first_prompt(truth, rng)
            reference, before = None, None
            if kind in ("reference", "followed"):
                if instance in other.ids:
                    reference = reference_prompt(other.labels == instance, geometry)
                else:
                    kind, prompt = first_prompt(truth, rng, "click")
            if kind == "followed":
                before = drifted_mask(truth, rng)
            name = sample.names.get(int(instance))
            tasks.append(InstanceTask(truth, kind, prompt, name, reference, before))
        return tasks


def reference_prompt(mask: np.ndarray, geometry: Grid) -> EncodedPrompt:
    """Points inside an instance's mask, as the tracker takes them from an earlier frame."""
    plane = geometry.cover(mask)
    region = plane > min(0.5, 0.9 * float(plane.max()))
    points = spread_points(region, MASK_TOKENS)
    empty = encode_prompt(Prompt(), geometry)
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

    The second shows the later frame where the sample is from a clip.
    """
    ids = [i for i in np.unique(sample.labels) if 0 < i < IGNORE]
    if not ids:
        return None
    focus = int(rng.choice(ids))
    first = (sample.image, sample.labels)
    pictures = (first, sample.later or first)
    pair = tuple(make_view(*picture, size, rng, focus) for picture in pictures)
    return pair if all(v.ids for v in pair) else None
