"""What the refiner learns from: answers of a trained model to clicks and boxes, with the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from tqdm import tqdm

from seem_ros.evaluation.datasets import Sample
from seem_ros.instances import box_of
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.grid import Grid
from training.data.mixture import SampleSet
from training.data.prompt_sampler import box_around, click_in, corrective_click
from training.data.views import IGNORE

ROUNDS = (1, 2, 3, 4, 6, 9)  # clicks an object gets, each equally often
_OBJECTS = 4  # of a picture
_LEAST_AREA = 0.004  # of the picture
_GOOD_ENOUGH = 0.96  # IoU from which no click follows


@dataclass(eq=False)
class Answer:
    """What the model answered: object, prompt in picture pixels, (h, w) float16 logits."""

    instance_id: int
    prompt: Prompt
    logits: np.ndarray


@dataclass(eq=False)
class Asked:
    """A picture with answers of the model.

    Attributes:
        rgb: (H, W, 3) uint8.
        labels: (H, W) uint16 instance ids, 65535 ignore.
        grid: how the picture lies in the model's input.
        fine, middle: (1, c, h, w) float16 features at strides 4 and 8.
        answers: at least one.
    """

    rgb: np.ndarray
    labels: np.ndarray
    grid: Grid
    fine: Tensor
    middle: Tensor
    answers: list[Answer]


def fill_bank(
    segmenter: Segmenter, sets: Sequence[tuple[SampleSet, float]], count: int, seed: int
) -> list[Asked]:
    """Ask a model about ``count`` pictures of weighted sets, a function of the seed."""
    asked = (ask(segmenter, sample, rng) for sample, rng in drawn(sets, count, seed))
    return [each for each in asked if each is not None]


def drawn(
    sets: Sequence[tuple[SampleSet, float]], count: int, seed: int
) -> Iterator[tuple[Sample, np.random.Generator]]:
    """Yield ``count`` pictures of weighted sets, each with chance of its own."""
    chances = np.array([weight for _, weight in sets])
    for number in tqdm(range(count), desc="pictures", mininterval=10):
        rng = np.random.default_rng((seed, 4, number))
        data = sets[rng.choice(len(sets), p=chances / chances.sum())][0]
        yield data[int(rng.integers(len(data)))], rng


def ask(segmenter: Segmenter, sample: Sample, rng: np.random.Generator) -> Asked | None:
    """Box and click some objects of a part of a picture; None when it shows no object."""
    rgb, labels = _part(sample.image, sample.labels, rng)
    ids, counts = np.unique(labels, return_counts=True)
    shown = (counts >= _LEAST_AREA * labels.size) & (ids > 0) & (ids < IGNORE)
    ids = rng.permutation(ids[shown])[:_OBJECTS]
    if len(ids) == 0:
        return None
    segmenter.set_image(rgb)
    picture = segmenter.picture
    found = [*_boxed(segmenter, labels, ids, rng), *_clicked(segmenter, labels, ids, rng)]
    answers = [
        Answer(int(instance), prompt, answer.logits.astype(np.float16))
        for instance, prompt, answer in found
        if answer.logits is not None
    ]
    if not answers:
        return None
    middle, fine = (x.half().cpu().clone() for x in picture.features.dense[1:3])
    return Asked(rgb, labels, picture.grid, fine, middle, answers)


def _part(
    rgb: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Half of the pictures whole, of the others a part around some object; half mirrored."""
    ids = [i for i in np.unique(labels) if 0 < i < IGNORE]
    if ids and rng.random() < 0.5:
        share = rng.uniform(0.45, 0.95)
        rows, columns = np.nonzero(labels == rng.choice(ids))
        index = rng.integers(len(rows))
        spans = []
        for at, length in ((rows[index], labels.shape[0]), (columns[index], labels.shape[1])):
            size = int(length * share)
            start = int(np.clip(at - rng.integers(size), 0, length - size))
            spans.append(slice(start, start + size))
        rgb, labels = rgb[tuple(spans)], labels[tuple(spans)]
    if rng.random() < 0.5:
        rgb, labels = rgb[:, ::-1], labels[:, ::-1]
    return np.ascontiguousarray(rgb), np.ascontiguousarray(labels)


def _boxed(
    segmenter: Segmenter, labels: np.ndarray, ids: np.ndarray, rng: np.random.Generator
) -> list[tuple[int, Prompt, Segmentation]]:
    boxes = []
    for instance in ids:
        exact = box_of(labels == instance)
        drawn = box_around(labels == instance, rng)
        boxes.append(exact if rng.random() < 0.6 or min(_sides(drawn)) < 2 else drawn)
    prompts = [Prompt(boxes=(box,)) for box in boxes]
    return list(zip(ids, prompts, segmenter.predict_batch(prompts), strict=True))


def _sides(box: Sequence[float]) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _clicked(
    segmenter: Segmenter, labels: np.ndarray, ids: np.ndarray, rng: np.random.Generator
) -> list[tuple[int, Prompt, Segmentation]]:
    """Answers after every click of a random number of rounds."""
    found: list[tuple[int, Prompt, Segmentation]] = []
    last: dict[int, tuple[Prompt, Segmentation]] = {}
    for _ in range(int(rng.choice(ROUNDS))):
        asked = {}
        for instance in ids:
            points = _next_points(labels, instance, last.get(instance), rng)
            if points:
                asked[instance] = Prompt(points=points)
        if not asked:
            break
        previous = [last[i][1] if i in last else None for i in asked]
        results = segmenter.predict_batch(list(asked.values()), previous)
        for (instance, prompt), answer in zip(asked.items(), results, strict=True):
            last[instance] = (prompt, answer)
            found.append((instance, prompt, answer))
    return found


def _next_points(
    labels: np.ndarray,
    instance: int,
    last: tuple[Prompt, Segmentation] | None,
    rng: np.random.Generator,
) -> tuple[tuple[float, float, int], ...]:
    """All clicks of the next round, none when the object needs no more."""
    truth = labels == instance
    if last is None:
        return ((*click_in(truth, rng), 1),)
    prompt, answer = last
    overlap = np.count_nonzero(answer.mask & truth) / np.count_nonzero(answer.mask | truth)
    click = corrective_click(answer.mask, truth, labels == IGNORE, rng)
    return () if click is None or overlap > _GOOD_ENOUGH else (*prompt.points, click)
