"""Memory runs out at each step: half is tried, else the prompt is refused; none is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from seem_ros.model import checkpoints
from seem_ros.model.out_of_memory import Portions, is_out_of_memory, retried
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.tracker import Tracker, TrackerConfig
from support.tiny_official import TINY, tiny_official

SIZE = (64, 96)
EVERYWHERE = np.ones(SIZE, bool)


def fails(call: Callable[..., Any], times: int) -> Callable[..., Any]:
    """Run out of memory the first few times."""
    left = [times]

    def failing(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise torch.OutOfMemoryError("CUDA out of memory")
        return call(*args, **kwargs)

    return failing


@pytest.fixture
def segmenter() -> Segmenter:
    return Segmenter(tiny_official())


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (*SIZE, 3), np.uint8)


def click(x: float = 40.0) -> Prompt:
    return Prompt(points=[(x, 30.0, 1)])


def corner(index: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[:, 8 * index : 8 * index + 8] = True
    return mask


def test_memory_of_the_host_counts_too() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))


def test_other_errors_are_not_tried_again() -> None:
    calls = []

    def wrong() -> None:
        calls.append(1)
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        retried(wrong)
    with pytest.raises(ValueError, match="wrong"):
        Portions().run(lambda rows: wrong() or [], [1, 2])
    assert len(calls) == 2


def test_half_as_many_are_done_at_a_time_and_from_then_on() -> None:
    sizes = []

    def work(rows: list[int]) -> list[int]:
        sizes.append(len(rows))
        if len(rows) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [2 * row for row in rows]

    portions = Portions()
    assert portions.run(work, range(5)) == [0, 2, 4, 6, 8]
    assert sizes == [5, 2, 2, 1]
    assert portions.run(work, range(3)) == [0, 2, 4]
    assert sizes[4:] == [2, 1]
    with pytest.raises(torch.OutOfMemoryError):
        Portions().run(work, range(20))


def test_loading_is_tried_again(monkeypatch) -> None:
    model = tiny_official()
    monkeypatch.setattr(model, "to", fails(model.to, 1))
    assert Segmenter(model).model is model
    monkeypatch.setattr(model, "to", fails(model.to, 2))
    with pytest.raises(torch.OutOfMemoryError):
        Segmenter(model)


STEPS = ("encode_image", "decode", "spatial_tokens", "encode_text")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_once_changes_nothing(segmenter, rgb, step, monkeypatch) -> None:
    prompt = Prompt(points=[(40.0, 30.0, 1)], text="cup")
    expected = Segmenter(tiny_official())
    expected.set_image(rgb)
    monkeypatch.setattr(segmenter.model, step, fails(getattr(segmenter.model, step), 1))
    segmenter.set_image(rgb)
    assert np.array_equal(segmenter.predict(prompt).mask, expected.predict(prompt).mask)


def test_everything_is_tried_again(segmenter, rgb, monkeypatch) -> None:
    segmenter.set_image(rgb)
    labels, _ = segmenter.panoptic()
    monkeypatch.setattr(segmenter.model, "decode", fails(segmenter.model.decode, 1))
    assert np.array_equal(segmenter.panoptic()[0], labels)


def test_many_instances_are_asked_for_in_halves(segmenter, rgb, monkeypatch) -> None:
    segmenter.set_image(rgb)
    prompts = [click(8.0 + 10 * index) for index in range(8)]
    expected = [answer.mask for answer in segmenter.predict_batch(prompts)]
    decode, sizes = segmenter.model.decode, []

    def few(features, batch, *rest):
        sizes.append(batch.per_image)
        if batch.per_image > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(features, batch, *rest)

    monkeypatch.setattr(segmenter.model, "decode", few)
    answers = segmenter.predict_batch(prompts)
    assert sizes == [8, 4, 4]
    differing = [np.mean(a.mask != mask) for a, mask in zip(answers, expected, strict=True)]
    assert max(differing) < 0.01


@pytest.fixture
def tracker(segmenter, rgb) -> Tracker:
    """Follows three masks."""
    tracker = Tracker(segmenter, TrackerConfig(trust_masks=True, small_detail=1.0))
    tracker.step(rgb, 1, [Prompt(mask=corner(index)) for index in range(3)])
    assert len(tracker.instances) == 3
    return tracker


@pytest.mark.parametrize("step", ["decode", "spatial_tokens"])
def test_a_prompt_that_does_not_fit_is_refused_and_all_instances_stay(
    tracker, segmenter, rgb, step, monkeypatch
) -> None:
    before = tracker.instances
    monkeypatch.setattr(segmenter.model, step, fails(getattr(segmenter.model, step), 2))
    after = tracker.step(rgb, 1, [click(), Prompt(mask=corner(8))])
    assert [report.code for report in tracker.reports] == ["refused", "accepted"]
    assert "out of memory" in tracker.reports[0].message
    assert [item.id for item in after] == [1, 2, 3, 4]
    for old, new in zip(before, after, strict=False):
        assert np.array_equal(old.mask, new.mask)


@pytest.mark.parametrize("step", ["encode_image", "decode"])
def test_a_frame_that_does_not_fit_leaves_all_as_it_was(
    tracker, segmenter, rgb, step, monkeypatch
) -> None:
    before = tracker.state
    working = getattr(segmenter.model, step)
    monkeypatch.setattr(segmenter.model, step, fails(working, 2))
    other = np.ascontiguousarray(rgb[:, ::-1])
    with pytest.raises(torch.OutOfMemoryError):
        tracker.step(other, 2)
    assert tracker.state is before
    monkeypatch.setattr(segmenter.model, step, working)
    assert [item.id for item in tracker.step(other, 2)] == [1, 2, 3]


def test_weights_are_loaded_in_half_precision_but_those_that_need_more() -> None:
    state = tiny_official().state_dict()
    loaded = checkpoints.assemble(TINY, state, torch.bfloat16).state_dict()
    halved = {name for name, value in loaded.items() if value.dtype == torch.bfloat16}
    assert "backbone.layers.0.blocks.0.mlp.fc1.weight" in halved
    assert not any("norm" in name or "lang_encoder" in name for name in halved)
    for name in loaded.keys() - halved:
        assert torch.equal(loaded[name], state[name])
