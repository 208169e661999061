"""All runs on a device that is not the CPU, gives the CPU's masks, and seldom waits for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from seem_ros.instances import Instance
from seem_ros.model.config import InputConfig
from seem_ros.model.loading import load_model
from seem_ros.model.preprocess import prepare_image, prepare_on
from seem_ros.model.transfers import Downloads, fetch
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenter import Segmenter
from seem_ros.tracker import Tracker, TrackerConfig
from support.far_device import FAR, FarDevice, FarTensor, MixedDevicesError
from support.tiny_official import tiny_official

HEIGHT, WIDTH = 192, 256  # what the models read: nothing is resized
MOST_WAITS_A_FRAME, MOST_WAITS_OF_A_CLICK = 6, 10
COUNTS = (1, 5, 20)


@pytest.fixture(scope="module")
def far() -> Iterator[FarDevice]:
    with FarDevice() as device:
        yield device


def _nano(device: torch.device | str) -> Segmenter:
    loaded = load_model("nano", WIDTH, second_eye=True)
    return Segmenter(loaded.model, device, loaded.helpers)


def _tiny(device: torch.device | str) -> Segmenter:
    model = tiny_official()
    read_as_it_is = dataclasses.replace(model.config.input, size=HEIGHT)
    model.config = dataclasses.replace(model.config, input=read_as_it_is)
    return Segmenter(model, device)


@pytest.fixture(scope="module", params=[_nano, _tiny], ids=["nano", "official"])
def pair(request, far) -> tuple[Segmenter, Segmenter]:
    """One model on the far device and on the CPU."""
    return request.param(FAR), request.param("cpu")


def scene(count: int, frame: int = 0) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return a picture of discs that move a little, and the mask of each."""
    rng = np.random.default_rng(3)
    rgb = rng.integers(90, 120, (HEIGHT, WIDTH, 3), np.uint8)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    masks = []
    for index in range(count):
        x, y = 26 + 50 * (index % 5) + frame, 26 + 46 * (index // 5)
        masks.append((columns - x) ** 2 + (rows - y) ** 2 <= 17**2)
        rgb[masks[-1]] = rng.integers(0, 255, 3)
    return rgb, masks


def test_devices_do_not_mix(far) -> None:
    there, here = torch.ones(3).to(FAR), torch.ones(3)
    assert isinstance(there, FarTensor)
    assert torch.equal((there + there * 2).cpu(), here * 3)
    assert torch.tensor([1, 2], device=FAR).tolist() == [1, 2]
    assert there[[0, 2]].shape == (2,)
    with pytest.raises(MixedDevicesError):
        there + here
    with pytest.raises(TypeError):
        there.numpy()


WAITING: list[Callable[[torch.Tensor], object]] = [
    lambda x: x.sum().item(),
    lambda x: bool(x.any()),
    lambda x: float(x[0]),
    lambda x: x.tolist(),
    lambda x: x.nonzero(),
    lambda x: x[x > 0],
    lambda x: x.cpu(),
    lambda x: torch.zeros(3).copy_(x),
]


@pytest.mark.parametrize("call", WAITING)
def test_what_waits_is_counted(far, call) -> None:
    there = torch.arange(3.0).to(FAR)
    far.counted(lambda: call(there))
    assert far.waits.total() == 1


def test_several_tensors_come_in_one_copy(far) -> None:
    here = [torch.rand(3, 5), torch.tensor(7), torch.rand(2) > 0.5, torch.rand(3).half()]
    there = [x.to(FAR) for x in here]
    near = far.counted(lambda: fetch(*there, here[0]))
    assert far.waits.total() == 1
    assert all(torch.equal(*both) for both in zip(near, [*here, here[0]], strict=True))


def test_what_is_wanted_later_comes_along(far) -> None:
    downloads, (first, second) = Downloads(), torch.rand(2, 3).to(FAR)
    later = downloads.later(first)

    def read() -> torch.Tensor:
        downloads.now(second)
        return later.value

    assert torch.equal(far.counted(read), first.near)
    assert far.waits.total() == 1


@pytest.mark.parametrize("resample", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(120, 160), (300, 211), (64, 40)])
def test_pictures_are_resized_there_as_pillow_does(far, resample, size) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    config = InputConfig(side="long", size=96, resample=resample)
    here, geometry = prepare_image(rgb, config)
    there, same = prepare_on(rgb, config, FAR)
    assert same == geometry
    levels = (there.cpu() - here).abs() * 58  # of 255
    assert levels.mean() < 0.1
    assert levels.max() < 2.5


def answers(segmenter: Segmenter) -> list[Segmentation]:
    """Ask all kinds of questions about a picture."""
    rgb, masks = scene(5)
    segmenter.set_image(rgb)
    click = Prompt(points=[(76.0, 26.0, 1)])
    first = segmenter.predict(click)
    example = scene(1)
    return [
        first,
        segmenter.predict(Prompt(points=[*click.points, (10.0, 180.0, 0)]), first),
        segmenter.predict(Prompt(boxes=[(8, 8, 44, 44)])),
        segmenter.predict(Prompt(mask=masks[2])),
        segmenter.predict(Prompt(text="frisbee")),
        segmenter.predict(Prompt(text="zebra", negative_text="dog")),
        segmenter.predict(Prompt(points=click.points, text="ball")),
        segmenter.predict(Prompt(example=(example[0], example[1][0]))),
    ]


def test_all_questions_get_the_answers_of_the_cpu(pair) -> None:
    for there, here in zip(*map(answers, pair), strict=True):
        assert there.found == here.found
        assert np.array_equal(there.mask, here.mask)
        assert there.class_name == here.class_name
        assert there.score == pytest.approx(here.score, abs=1e-5)


def test_everything_is_labelled_as_on_the_cpu(pair) -> None:
    labels = []
    for segmenter in pair:
        segmenter.set_image(scene(5)[0])
        labels.append(segmenter.panoptic()[0])
    assert np.array_equal(*labels)


def test_a_first_click_waits_seldom(pair, far) -> None:
    tracker = Tracker(pair[0])
    tracker.step(scene(1)[0], 1, [Prompt(points=[(26.0, 26.0, 1)])])  # names are embedded once
    tracker.reset()
    rgb = scene(5)[0]
    far.counted(lambda: tracker.step(rgb, 2, [Prompt(points=[(76.0, 26.0, 1)])]))
    assert far.waits.total() <= MOST_WAITS_OF_A_CLICK, far.waits


def _followed(segmenter: Segmenter, count: int) -> Tracker:
    config = TrackerConfig(trust_masks=True, small_detail=1.0, max_instances=count)
    tracker = Tracker(segmenter, config)
    rgb, masks = scene(count)
    tracker.step(rgb, 1, [Prompt(mask=mask) for mask in masks])
    return tracker


@pytest.mark.parametrize("count", COUNTS)
def test_frames_wait_seldom_whatever_the_number_of_instances(pair, far, count) -> None:
    trackers = [_followed(segmenter, count) for segmenter in pair]
    for frame in range(1, 4):
        rgb, stamp = scene(count, frame)[0], 1 + 250_000_000 * frame  # each is remembered
        there = far.counted(lambda rgb=rgb, stamp=stamp: trackers[0].step(rgb, stamp))
        assert far.waits.total() <= MOST_WAITS_A_FRAME, far.waits
        here = trackers[1].step(rgb, stamp)
        assert list(map(_known, there)) == list(map(_known, here))


def _known(item: Instance) -> tuple[object, ...]:
    mask = None if item.mask is None else item.mask.tobytes()
    return item.id, item.state, item.class_name, mask
