"""Distillation: whose mask is asked for, what target comes of it, and that it is trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seem_ros.prompts import Prompt
from support.tiny_seem import tiny_seem
from training.data.batches import Batch, InstanceTask, half_size
from training.steps.losses import doubled, level_loss, mask_loss
from training.steps.spatial import spatial_losses
from training.steps.texts import TextSource
from training.teacher.distillation import with_teacher
from training.teacher.mobile_sam import LOW, SamMask

SIZE = (64, 96)
TRUTH = np.zeros(SIZE, bool)
TRUTH[16:48, 8:40] = True


class LeftIsIt:
    """A teacher that takes the left half of any picture for the thing, surely or hardly."""

    def __init__(self, logit: float = 200.0) -> None:
        self.low = np.full((LOW, LOW), -logit, np.float32)
        self.low[:, : LOW // 2] = logit
        self.images, self.asked = [], []

    def set_image(self, rgb: np.ndarray) -> None:
        self.images.append(int(rgb[0, 0, 0]))

    def predict(self, points, labels, box=None) -> SamMask:
        self.asked.append((self.images[-1], list(points), list(labels), box))
        return SamMask(self.low, 0.9, SIZE)


def _task(kind: str, **prompt: object) -> InstanceTask:
    return InstanceTask(TRUTH, kind, Prompt(**prompt), None, None)


def _batch() -> Batch:
    """Pictures of brightness 0, 1 and 2; nothing of the third can be taught."""
    tasks = [
        _task("click", points=((20, 30, 1),)),
        _task("mask", mask=TRUTH),
        _task("box", boxes=((8.0, 16.0, 40.0, 48.0),)),
        _task("click+box", points=((20, 30, 1),), boxes=((8.0, 16.0, 40.0, 48.0),)),
        _task("followed", points=((20, 30, 1),)),
        _task("reference"),
    ]
    images = np.arange(3, dtype=np.uint8)[:, None, None, None].repeat(64, 1)
    images = np.ascontiguousarray(np.broadcast_to(images, (3, *SIZE, 3)))
    labels = np.stack([TRUTH.astype(np.uint16)] * 3)
    return Batch(images, labels > 1, labels, [{1: None}] * 3, tasks)


def test_the_teacher_gets_the_prompts_it_understands_on_their_pictures() -> None:
    teacher, batch = LeftIsIt(), _batch()
    taught = with_teacher(teacher, batch)
    box = (8.0, 16.0, 40.0, 48.0)
    assert teacher.images == [0, 1]
    assert teacher.asked == [
        (0, [(20, 30)], [1], None),
        (1, [], [], box),
        (1, [(20, 30)], [1], box),
    ]
    assert [t.target is not None for t in taught.tasks] == [True, False, True, True, False, False]
    assert all(t.target is None for t in batch.tasks)


def test_the_target_is_halfway_between_truth_and_teacher() -> None:
    task = with_teacher(LeftIsIt(), _batch()).tasks[0]
    assert task.target.shape == SIZE
    assert task.target.dtype == np.float32
    seen = {(8, 20): 0.5, (30, 20): 1.0, (30, 80): 0.0}
    for place, value in seen.items():
        assert task.target[place] == pytest.approx(value, abs=1e-6)
    unsure = with_teacher(LeftIsIt(1.0), _batch()).tasks[0].target
    assert unsure[30, 20] == pytest.approx((1 + 1 / (1 + np.exp(-1))) / 2, abs=1e-5)
    assert (task.truth == TRUTH).all()


def _loss(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> tuple[float, dict]:
    """The mask loss of a batch without corrective clicks, and what the model answered."""
    model, seen = tiny_seem(spatial_queries=(8, 9), grounding_queries=(6, 7)), {}
    decode = model.decode

    def remembered(*args: object, **options: object) -> dict:
        seen.update(decode(*args, **options))
        return seen

    monkeypatch.setattr(model, "decode", remembered)
    monkeypatch.setattr("training.steps.spatial.ROUND_CHANCES", (1.0,))
    features = model.encode_image(torch.zeros(2, 3, *SIZE))
    texts = TextSource(model.language, ())
    loss = spatial_losses(model, texts, features, batch, np.random.default_rng(0))["mask"]
    return float(loss.detach()), seen


def test_the_mask_is_trained_towards_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [_task("click", points=((20, 30, 1),)) for _ in range(2)]
    batch = replace(_batch(), images=np.zeros((2, *SIZE, 3), np.uint8), tasks=tasks)
    batch.ignore, batch.labels = batch.ignore[:2], batch.labels[:2]
    plain, _ = _loss(batch, monkeypatch)
    target = np.linspace(0, 1, 64 * 96, dtype=np.float32).reshape(SIZE)
    batch.tasks = [replace(tasks[0], target=target), tasks[1]]
    loss, seen = _loss(batch, monkeypatch)
    wanted = torch.from_numpy(half_size(np.stack([target, TRUTH.astype(np.float32)])))
    output, weight = seen["spatial"], torch.ones_like(wanted)
    expected = mask_loss(doubled(output.mask_logits), wanted, weight).mean()
    expected = expected + 0.2 * sum(level_loss(x, wanted, weight) for x in output.level_logits)
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    assert abs(loss - plain) > 1e-3
