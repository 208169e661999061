"""Training of the refiner: the bank holds what was asked, cut-outs match, a run resumes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seem_ros.evaluation.datasets import Sample
from seem_ros.model.helpers.refiner import LOGITS, PLANES
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.loading import load_model
from seem_ros.segmenter import Segmenter
from support.tiny_seem import tiny_seem
from training.loop.loop import Loop
from training.refine import refiner_loop, refiner_loss, with_refiner
from training.refining.bank import Asked, ask
from training.refining.cut_outs import CutOuts, cut_out


@pytest.fixture(scope="module")
def sample() -> Sample:
    rows, columns = np.mgrid[:120, :160]
    labels = np.zeros((120, 160), np.uint16)
    labels[np.hypot(rows - 60, columns - 50) < 30] = 1
    labels[30:100, 100:150] = 2
    image = np.random.default_rng(0).integers(0, 60, (120, 160, 3)).astype(np.uint8)
    image[labels == 1] += 150
    image[labels == 2, 2] += 190
    return Sample(image, labels, {1: None, 2: None}, "test/0")


@pytest.fixture(scope="module")
def asked(sample: Sample) -> Asked:
    return ask(Segmenter.from_pretrained("nano", "cpu"), sample, np.random.default_rng(3))


def test_every_object_is_boxed_and_clicked(asked: Asked) -> None:
    shown = set(np.unique(asked.labels)) - {0}
    boxed = {a.instance_id for a in asked.answers if a.prompt.boxes}
    clicked = {a.instance_id for a in asked.answers if a.prompt.points}
    assert boxed == clicked == shown
    for answer in asked.answers:
        for x, y, label in answer.prompt.points:
            hit = asked.labels[int(y), int(x)] == answer.instance_id
            assert hit == bool(label)


def test_a_picture_without_objects_is_left_out(sample: Sample) -> None:
    empty = Sample(sample.image, np.zeros_like(sample.labels), {}, "test/1")
    segmenter = Segmenter.from_pretrained("nano", "cpu")
    assert ask(segmenter, empty, np.random.default_rng(0)) is None


def test_cut_outs_show_the_truth_at_the_place_of_the_mask(asked: Asked) -> None:
    boxed = next(a for a in asked.answers if a.prompt.boxes)
    planes, fine, middle, target, weight = cut_out(asked, boxed, 64, np.random.default_rng(1))
    assert planes.shape == (PLANES, 64, 64)
    assert fine.shape[1:] == (16, 16)
    assert middle.shape[1:] == (8, 8)
    found, truth = planes[LOGITS] > 0, target > 0.5
    assert (found & truth).sum() > 0.8 * (found | truth).sum()
    assert 0.05 < float(weight.mean()) < 0.95  # only near the border
    assert float(weight[32, 32]) == 0


def test_the_loss_falls_towards_the_truth_and_ignores_what_it_should() -> None:
    target = torch.zeros(1, 8, 8)
    target[:, 2:6, 2:6] = 1
    good, bad = (target - 0.5) * 10, torch.zeros(1, 8, 8)
    everywhere = torch.ones(1, 8, 8)
    assert refiner_loss(good, target, everywhere) < 0.1 < refiner_loss(bad, target, everywhere)
    spilled = good.clone()
    spilled[:, 7] = 5
    weight = everywhere.clone()
    weight[:, 7] = 0
    assert refiner_loss(spilled, target, weight) == refiner_loss(good, target, weight)


def test_a_model_without_a_refiner_gets_one_that_changes_nothing() -> None:
    plain = LoadedModel(tiny_seem())
    loaded = with_refiner(plain)
    assert loaded.helpers.refiner is not None
    assert not loaded.helpers.refiner.change.weight.any()
    for key, value in tiny_seem().state_dict().items():
        assert torch.equal(loaded.model.state_dict()[key], value), key
    assert with_refiner(loaded) is loaded


def test_a_run_learns_and_goes_on_after_an_interruption(asked: Asked, tmp_path) -> None:
    def run() -> Loop:
        torch.manual_seed(0)
        dims = asked.fine.shape[1], asked.middle.shape[1]
        loaded = with_refiner(load_model("nano"))
        assert loaded.model.config.decoder.dense_prompts.fine_dim == dims[0]
        return refiner_loop(loaded.helpers.refiner, lr=2e-3, steps=40)

    def steps(state: Loop, count: int) -> float:
        cut_outs = CutOuts([asked])
        for _ in range(count):
            torch.manual_seed(state.step)
            batch = cut_outs.batch(2, 32, np.random.default_rng(state.step))
            loss = state.update(batch)["loss"]
        return loss

    whole = run()
    steps(whole, 4)
    broken = run()
    steps(broken, 2)
    broken.save(tmp_path / "state.pt")
    resumed = run()
    resumed.resume(tmp_path / "state.pt")
    steps(resumed, 2)
    average = resumed.average.state_dict()
    for key, value in whole.average.state_dict().items():
        torch.testing.assert_close(average[key], value)


def test_answers_that_are_nowhere_near_their_objects_teach_nothing(asked: Asked) -> None:
    wrong = replace(asked, labels=np.zeros_like(asked.labels))
    with pytest.raises(ValueError, match="1 pictures"):
        CutOuts([wrong])
