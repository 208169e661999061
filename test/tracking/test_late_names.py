"""A click's mask does not wait for its name: that comes with the next frame, and is the same."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from seem_ros.prompts import Mode, Prompt
from seem_ros.prompts.phrases import Names
from seem_ros.segmenter import Segmenter
from seem_ros.tracker import Tracker, TrackerConfig
from support.tiny_seem import tiny_seem

SIZE = (64, 96)
CLICK = Prompt(points=[(40.0, 30.0, 1)])


@pytest.fixture
def segmenter(monkeypatch) -> Segmenter:
    """A model whose helper knows the name of everything, and counts how often it is asked."""
    segmenter = Segmenter(tiny_seem())
    family = segmenter._family
    family.vocabulary = SimpleNamespace(
        names=("cup", "box"),
        spoken=Names(frozenset()),
        best=lambda logits, least: [(("cup", "box")[int(row.argmax())], 0.9) for row in logits],
    )
    segmenter.asked = []

    def gains(picture, match):
        segmenter.asked.append(match)
        return torch.tensor([-1000.0, 1000.0])

    monkeypatch.setattr(family, "name_logits", lambda rows: torch.zeros(len(rows), 2))
    monkeypatch.setattr(family, "name_gains", gains)
    return segmenter


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (*SIZE, 3), np.uint8)


def _tracker(segmenter: Segmenter, late: bool = True) -> Tracker:
    config = TrackerConfig(small_detail=1.0, lost_score=0.0, tracked_score=0.0)
    return Tracker(segmenter, config, late_names=late)


def test_the_mask_comes_first_and_the_name_with_the_next_frame(segmenter, rgb) -> None:
    late, early = _tracker(segmenter), _tracker(segmenter, late=False)
    (expected,) = early.step(rgb, 1, [CLICK])
    asked = len(segmenter.asked)
    (first,) = late.step(rgb, 1, [CLICK])
    assert len(segmenter.asked) == asked
    assert (first.class_name, expected.class_name) == ("cup", "box")
    assert np.array_equal(first.mask, expected.mask)
    (again,) = late.step(rgb, 1)
    assert (again.class_name, again.class_score) == ("box", expected.class_score)
    late.step(rgb, 2)
    assert len(segmenter.asked) == asked + 1


def test_names_can_be_asked_for_between_two_frames(segmenter, rgb) -> None:
    tracker = _tracker(segmenter)
    tracker.step(rgb, 1, [CLICK])
    assert tracker.complete_names()
    assert tracker.instances[0].class_name == "box"
    assert not tracker.complete_names()
    assert len(segmenter.asked) == 1


def test_an_instance_removed_before_is_not_asked_about(segmenter, rgb) -> None:
    tracker = _tracker(segmenter)
    tracker.step(rgb, 1, [CLICK])
    tracker.remove(1)
    assert not tracker.complete_names()
    assert segmenter.asked == []


def test_undo_and_reset_leave_nothing_to_be_named(segmenter, rgb) -> None:
    tracker = _tracker(segmenter)
    tracker.step(rgb, 1, [CLICK, Prompt(mode=Mode.UNDO)])
    assert not tracker.complete_names()
    tracker.step(rgb, 1, [CLICK])
    tracker.reset()
    assert not tracker.complete_names()
    (item,) = tracker.step(rgb, 2, [dataclasses.replace(CLICK)])
    assert item.class_name == "cup"


def test_memory_that_runs_out_costs_only_the_name(segmenter, rgb, monkeypatch) -> None:
    tracker = _tracker(segmenter)
    (first,) = tracker.step(rgb, 1, [CLICK])

    def full(picture, match):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(segmenter._family, "name_gains", full)
    (item,) = tracker.step(rgb, 1)
    assert item.class_name == "cup"
    assert np.array_equal(item.mask, first.mask)
