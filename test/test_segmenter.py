"""The segmenter on a drawn table: masks of the right place and size, rounds, text, errors."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from seem_ros import Prompt, Segmenter
from seem_ros.instances import iou
from seem_ros.segmentation import Segmentation


def _scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A shaded orange ball and a blue box on a grey table, with their true masks."""
    rng = np.random.default_rng(0)
    image = np.full((240, 320, 3), (150, 145, 140), np.float32)
    rows, columns = np.mgrid[:240, :320]
    ball = (rows - 140) ** 2 + (columns - 100) ** 2 < 45**2
    box = (abs(rows - 130) < 40) & (abs(columns - 230) < 35)
    light = np.clip(1.1 - np.hypot(rows - 120, columns - 85) / 90, 0.4, 1.1)
    image[ball] = (np.array([235, 130, 30]) * light[..., None])[ball]
    image[box] = (40, 70, 170)
    image += rng.normal(0, 3, image.shape)
    smooth = cv2.GaussianBlur(image, (0, 0), 0.8)
    return np.clip(smooth, 0, 255).astype(np.uint8), ball, box


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.from_pretrained("nano", device="cpu")


@pytest.fixture()
def ready(segmenter: Segmenter) -> Segmenter:
    segmenter.reset()
    segmenter.set_image(_scene()[0])
    return segmenter


def test_a_click_and_a_box_find_the_object(ready: Segmenter) -> None:
    _, ball, box = _scene()
    by_click = ready.predict(Prompt(points=((100, 140, 1),)))
    assert by_click.found
    assert by_click.mask.shape == (240, 320)
    assert iou(by_click.mask, ball) > 0.8
    by_box = ready.predict(Prompt(boxes=((195, 90, 265, 170),)))
    assert iou(by_box.mask, box) > 0.8
    assert 0 < by_box.score <= 1
    assert by_box.class_name in ("", *ready.vocabulary)
    left, top, right, bottom = by_box.objects[0].box
    assert abs(left - 195) < 15
    assert abs(bottom - 170) < 15
    assert right > left
    assert bottom > top


def test_prompts_of_one_batch_equal_single_ones(ready: Segmenter) -> None:
    prompts = [Prompt(points=((100, 140, 1),)), Prompt(boxes=((195, 90, 265, 170),))]
    together = ready.predict_batch(prompts)
    for prompt, answer in zip(prompts, together, strict=True):
        alone = ready.predict(prompt)
        assert iou(alone.mask, answer.mask) > 0.999
        assert alone.score == pytest.approx(answer.score, abs=1e-4)


def test_the_same_prompt_gives_the_same_mask(ready: Segmenter) -> None:
    prompt = Prompt(points=((100, 140, 1),))
    assert np.array_equal(ready.predict(prompt).mask, ready.predict(prompt).mask)


def test_a_second_round_reads_the_first(ready: Segmenter) -> None:
    _, ball, box = _scene()
    both = Segmentation.from_mask(ball | box)
    corrected = ready.predict(Prompt(points=((100, 140, 1), (230, 130, 0))), previous=both)
    assert iou(corrected.mask, ball) > 0.8
    kept = ready.predict(Prompt(points=((100, 140, 1),)), previous=Segmentation.from_mask(ball))
    assert iou(kept.mask, ball) > 0.8


def test_an_example_image_shows_what_to_find(ready: Segmenter) -> None:
    image, ball, _ = _scene()
    moved = np.roll(image, 30, axis=1)
    ready.set_image(moved)
    found = ready.predict(Prompt(example=(image, ball)))
    assert iou(found.mask, np.roll(ball, 30, axis=1)) > 0.5


def test_remembered_tokens_find_the_object_again(ready: Segmenter) -> None:
    image, ball, _ = _scene()
    memory = ready.remember(ball)
    ready.set_image(np.roll(image, 30, axis=1))
    answer = ready.predict_batch([Prompt()], references=[[memory]])[0]
    assert iou(answer.mask, np.roll(ball, 30, axis=1)) > 0.5


def test_text_of_an_absent_thing_is_not_found(ready: Segmenter) -> None:
    answer = ready.predict(Prompt(text="giraffe"))
    assert not answer.found
    assert not answer.mask.any()
    assert answer.objects == []


def test_the_vocabulary_names_masks(ready: Segmenter) -> None:
    before = ready.vocabulary
    ready.set_vocabulary(["ball", "box"])
    try:
        answer = ready.predict(Prompt(points=((230, 130, 1),)))
        assert answer.class_name in {"ball", "box"}
        with pytest.raises(ValueError, match="none of them empty"):
            ready.set_vocabulary(["ball", " "])
        assert ready.vocabulary == ("ball", "box")
    finally:
        ready.set_vocabulary(before)


def test_prompting_before_an_image_is_an_error(segmenter: Segmenter) -> None:
    segmenter.reset()
    with pytest.raises(RuntimeError, match="set_image"):
        segmenter.predict(Prompt(points=((1, 1, 1),)))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (Prompt(points=((400, 10, 1),)), "400"),
        (Prompt(points=((float("nan"), 10, 1),)), "nan|NaN|finite"),
        (Prompt(), "empty|nothing|says"),
        (Prompt(mask=np.ones((10, 10), bool)), "10"),
    ],
)
def test_bad_prompts_are_refused_and_change_nothing(ready, prompt, reason) -> None:
    good = Prompt(points=((100, 140, 1),))
    before = ready.predict(good)
    with pytest.raises(ValueError, match=reason):
        ready.predict(prompt)
    assert np.array_equal(ready.predict(good).mask, before.mask)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 10, 3), np.uint8),
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 3), np.float32),
    ],
)
def test_bad_images_are_refused_and_the_last_one_stays(ready, image) -> None:
    with pytest.raises(ValueError, match="image"):
        ready.set_image(image)
    assert ready.predict(Prompt(points=((100, 140, 1),))).mask.shape == (240, 320)


@pytest.mark.parametrize("size", [(480, 640), (37, 53), (200, 1000)])
def test_masks_have_the_size_of_the_image(segmenter: Segmenter, size: tuple[int, int]) -> None:
    segmenter.set_image(cv2.resize(_scene()[0], size[::-1]))
    answer = segmenter.predict(Prompt(points=((size[1] / 2, size[0] / 2, 1),)))
    assert answer.mask.shape == size


def test_pictures_can_be_read_at_another_size():
    small = Segmenter.from_pretrained("nano", "cpu", input_size=256)
    rgb = np.zeros((120, 160, 3), np.uint8)
    rgb[30:90, 40:100] = (200, 30, 30)
    small.set_image(rgb)
    result = small.predict(Prompt(points=[(70, 60, 1)]))
    assert result.mask.shape == (120, 160) and result.mask[60, 70]
    assert max(result.logits.shape) == 256 // 4


def test_one_picture_can_be_read_in_more_detail(segmenter: Segmenter) -> None:
    image, ball, _ = _scene()
    segmenter.set_image(image)
    click = Prompt(points=((100, 140, 1),))
    usual = segmenter.predict(click)
    segmenter.set_image(image, 1.5)
    assert segmenter.picture.detail == 1.5
    finer = segmenter.predict_batch([click], [usual], glances=[True])[0]
    assert [side * 3 // 2 for side in usual.logits.shape] == list(finer.logits.shape)
    assert iou(finer.mask, ball) > 0.8
    segmenter.set_image(image)
    assert segmenter.picture.detail == 1.0
    assert segmenter.picture.rgb is image


@pytest.mark.parametrize("size", [-1, 64, 4096])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match="128..2048"):
        Segmenter.from_pretrained("nano", "cpu", input_size=size)
