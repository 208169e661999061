"""Losses: zero where right, large where wrong, blind to ignored pixels."""

from __future__ import annotations

import torch

from training.steps.losses import mask_loss, match, object_loss


def _target() -> torch.Tensor:
    target = torch.zeros(1, 16, 16)
    target[0, 4:12, 4:12] = 1
    return target


def test_a_perfect_mask_costs_nothing_and_its_inverse_much() -> None:
    target, weight = _target(), torch.ones(1, 16, 16)
    logits = (target * 2 - 1) * 20
    assert mask_loss(logits, target, weight).item() < 0.01
    assert mask_loss(-logits, target, weight).item() > 1.5


def test_ignored_pixels_do_not_count() -> None:
    target, weight = _target(), torch.ones(1, 16, 16)
    logits = (target * 2 - 1) * 20
    weight[:, 12:] = 0
    wrong_there = logits.clone()
    wrong_there[:, 12:] = 20
    torch.testing.assert_close(
        mask_loss(wrong_there, target, weight), mask_loss(logits, target, weight)
    )


def _objects() -> tuple[torch.Tensor, torch.Tensor]:
    targets = torch.zeros(2, 8, 8)
    targets[0, :4] = 1
    targets[1, 6:] = 1
    return targets, torch.tensor([0, 1])


def test_queries_are_matched_to_the_objects_they_cover() -> None:
    targets, labels = _objects()
    logits = torch.full((3, 8, 8), -8.0)
    logits[2, :4] = 8
    logits[0, 6:] = 8
    rows, columns = match(logits, torch.zeros(3, 3), targets, labels)
    assert dict(zip(columns.tolist(), rows.tolist(), strict=True)) == {0: 2, 1: 0}


def test_names_settle_between_equal_masks() -> None:
    targets, _ = _objects()
    logits = torch.zeros(2, 8, 8)
    classes = torch.tensor([[0.0, 9.0, 0.0], [9.0, 0.0, 0.0]])
    same = targets[:1].expand(2, -1, -1)
    rows, columns = match(logits, classes, same, torch.tensor([0, 1]))
    assert dict(zip(columns.tolist(), rows.tolist(), strict=True)) == {0: 1, 1: 0}


def test_object_loss_falls_when_classes_are_right() -> None:
    targets, labels = _objects()
    logits = torch.full((3, 8, 8), -8.0)
    logits[0, :4], logits[1, 6:] = 8, 8
    right = torch.tensor([[9.0, 0, 0], [0, 9.0, 0], [0, 0, 9.0]])
    wrong = right.flip(-1)
    weight = torch.ones(8, 8)
    good, bad = (object_loss(logits, c, targets, weight, labels) for c in (right, wrong))
    assert good < 0.1 < bad
    nothing = object_loss(logits, right, targets[:0], weight, labels[:0])
    assert torch.isfinite(nothing)
