"""Batches: the same number gives the same batch; a step trains; a run resumes exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from seem_ros.evaluation.datasets import Sample
from seem_ros.model.text.language_encoder import LanguageEncoder
from seem_ros.segmenting.grid import Grid
from support.tiny_seem import tiny_seem
from training.data.batches import BatchMaker, BatchPlan, absent_task
from training.data.views import View, make_view
from training.steps.texts import TextSource
from training.steps.trainer import Trainer

SIZE = (64, 96)
NAMES = ("cup", "box", "ball", "pen", "hat")


@dataclass(frozen=True)
class DrawnSet:
    """Samples with two coloured rectangles each."""

    vocabulary: tuple[str, ...] = NAMES

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng(index)
        image = rng.integers(90, 110, (120, 160, 3)).astype(np.uint8)
        labels = np.zeros((120, 160), np.uint16)
        for number, (left, colour) in enumerate(((20, 200), (90, 30)), 1):
            image[30:90, left : left + 50] = colour
            labels[30:90, left : left + 50] = number
        labels[:4] = 65535
        return Sample(image, labels, {1: NAMES[index % 4], 2: None}, f"drawn/{index}")


class Words:
    """Token ids by position in the alphabet; stands in for WordPiece only."""

    description = "{}"

    def __call__(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        length = max(len(t) for t in texts)
        ids = [[ord(c) % 100 for c in t.ljust(length)][:16] for t in texts]
        valid = [[i < len(t) for i in range(length)][:16] for t in texts]
        return torch.tensor(ids), torch.tensor(valid)


def _maker(seed: int = 0) -> BatchMaker:
    plan = BatchPlan(sizes=((64, 96),), samples=2, instances=3)
    return BatchMaker([(DrawnSet(), 1.0)], plan, seed)


def test_a_batch_is_a_function_of_its_number() -> None:
    first, again, other = _maker()(7), _maker()(7), _maker()(8)
    assert np.array_equal(first.images, again.images)
    assert [t.kind for t in first.tasks] == [t.kind for t in again.tasks]
    assert not np.array_equal(first.images, other.images)
    assert first.images.shape == (4, 64, 96, 3)
    assert len(first.tasks) == 12


def test_tasks_are_true_to_the_labels() -> None:
    batch, absent = _maker()(3), 0
    for index, task in enumerate(batch.tasks):
        labels, names = batch.labels[index // 3], batch.names[index // 3]
        if task.kind == "absent":
            absent += 1
            assert not task.truth.any()
            assert task.reference is not None
            continue
        matching = [i for i in (1, 2) if np.array_equal(task.truth, labels == i)]
        assert matching
        assert task.name in [names[i] for i in matching]
        assert (task.reference is not None) == (task.kind in ("reference", "followed"))
        assert (task.before is not None) == (task.kind == "followed")
    assert absent < len(batch.tasks) / 2


class DrawnClip(DrawnSet):
    """Pairs of frames: what is dark in the first is white in the later one."""

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        later = sample.image.copy()
        later[sample.labels == 2] = 255
        return replace(sample, later=(later, sample.labels))


def test_the_second_view_shows_the_later_frame_of_a_clip() -> None:
    plan = BatchPlan(sizes=((64, 96),), samples=1, instances=2)
    seen = 0
    for number in range(8):
        batch = BatchMaker([(DrawnClip(), 1.0)], plan, 0)(number)
        if all((labels == 2).any() for labels in batch.labels):
            first, later = (batch.images[i][batch.labels[i] == 2].mean() for i in (0, 1))
            assert later > first + 50
            seen += 1
    assert seen


def _views(*labels: np.ndarray) -> list[View]:
    image = np.zeros((64, 96, 3), np.uint8)
    return [View(image, x, tuple(int(i) for i in np.unique(x) if i)) for x in labels]


def _sample(names: dict[int, str | None], key: str) -> Sample:
    nothing = np.zeros((64, 96), np.uint16)
    return Sample(np.zeros((64, 96, 3), np.uint8), nothing, names, key)


def test_what_is_absent_is_shown_elsewhere_and_has_no_mask() -> None:
    cup, box, both = (np.zeros((64, 96), np.uint16) for _ in range(3))
    cup[20:40, 20:40] = both[20:40, 20:40] = 1
    box[20:40, 60:80] = both[20:40, 60:80] = 2
    views = _views(cup, both, box, box)
    samples = [_sample({1: "cup", 2: "box"}, "a/0"), _sample({2: "ball"}, "a/1")]
    grid = Grid(SIZE, SIZE, SIZE)
    shown = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        task = absent_task(views, 0, samples, grid, rng)
        assert task is not None
        assert not task.truth.any()
        assert task.reference is not None
        assert len(task.reference.xy) > 0
        shown.add(task.shown_in)
    assert shown == {1, 2, 3}, "the box of its other view, and the balls of the other picture"


def test_what_has_the_name_of_something_here_is_not_absent() -> None:
    cup = np.zeros((64, 96), np.uint16)
    cup[20:40, 20:40] = 1
    grid, rng = Grid(SIZE, SIZE, SIZE), np.random.default_rng(0)
    named_alike = [_sample({1: "cup"}, "a/0"), _sample({1: "cup"}, "a/1")]
    assert absent_task(_views(cup, cup, cup, cup), 0, named_alike, grid, rng) is None
    one_picture = [_sample({1: "cup"}, "a/0"), _sample({1: "jug"}, "a/0")]
    assert absent_task(_views(cup, cup, cup, cup), 0, one_picture, grid, rng) is None


def test_a_view_keeps_labels_on_their_pixels() -> None:
    sample = DrawnSet()[0]
    for seed in range(10):
        rng = np.random.default_rng(seed)
        view = make_view(sample.image, sample.labels, (64, 96), rng, focus=1)
        bright = view.image.mean(-1)
        if {1, 2} <= set(view.ids):
            assert bright[view.labels == 1].mean() > bright[view.labels == 2].mean() + 40
        assert 1 in view.ids


@pytest.fixture()
def trainer() -> Trainer:
    model = tiny_seem(spatial_queries=(8, 9), grounding_queries=(6, 7)).train()
    language: LanguageEncoder = model.language
    language.tokenizer = Words()
    return Trainer(model, TextSource(language, NAMES, classes=2))


def test_steps_on_one_batch_lower_its_loss(trainer: Trainer) -> None:
    batch = _maker()(0)
    optimizer = torch.optim.AdamW(trainer.model.parameters(), 3e-3)
    losses = []
    for _ in range(12):
        loss, parts = trainer(batch, np.random.default_rng(0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert set(parts) == {"mask", "class", "objects", "semantic"}
    assert all(np.isfinite(losses))
    assert losses[-1] < 0.8 * losses[0]


def test_every_trained_part_gets_a_gradient(trainer: Trainer) -> None:
    total = sum(trainer(_maker()(i), np.random.default_rng(i))[0] for i in range(3))
    total.backward()
    unused = [
        name
        for name, p in trainer.model.named_parameters()
        if p.grad is None and "lang_encoder.lang_encoder" not in name and "semantic" not in name
    ]
    assert unused == []
