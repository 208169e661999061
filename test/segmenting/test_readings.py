"""Other readings of a click: which are worth showing, and when they are computed."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

from seem_ros.prompts import Prompt
from seem_ros.segmentation import MOST_READINGS, Segmentation
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.readings import distinct, still_distinct
from support.drawn_images import drawn_image
from support.hand_made import picture_of
from support.tiny_official import tiny_official
from support.tiny_seem import tiny_seem

CLICK = Prompt(points=((40.0, 30.0, 1),))
READINGS = {"num_queries": 12, "spatial_queries": (8, 9), "reading_queries": (9, 12)}


@pytest.fixture(scope="module")
def picture() -> Picture:
    """64 by 64 pixels, 16 by 16 cells."""
    return picture_of(np.zeros((64, 64, 3), np.uint8))


def _match(picture: Picture, x0: int, y0: int, x1: int, y1: int) -> Match:
    """A match that covers cells."""
    logits = torch.full(picture.grid.cells, -5.0)
    logits[y0:y1, x0:x1] = 5.0
    mask = Mask(logits, picture.grid)
    return Match(mask, mask.score, torch.zeros(1))


def test_near_copies_of_a_better_one_go(picture: Picture) -> None:
    answer = _match(picture, 2, 2, 12, 12)
    copy, part = _match(picture, 2, 2, 12, 11), _match(picture, 2, 2, 12, 7)
    copy_of_part = _match(picture, 2, 2, 12, 7)
    prompt = Prompt(points=((16.0, 16.0, 1),))
    found = distinct(picture.grid, prompt, [answer, copy, part, copy_of_part])
    assert found == [answer, copy, part]  # IoU 0.9 is still another reading
    assert distinct(picture.grid, prompt, [answer, _match(picture, 2, 2, 12, 12)]) == [answer]


def test_a_reading_holds_what_was_clicked(picture: Picture) -> None:
    answer, beside = _match(picture, 2, 2, 6, 6), _match(picture, 8, 8, 14, 14)
    whole = _match(picture, 0, 0, 16, 16)
    one = Prompt(points=((16.0, 16.0, 1),))
    assert distinct(picture.grid, one, [answer, beside, whole]) == [answer, whole]
    less = Prompt(points=((16.0, 16.0, 1), (60.0, 60.0, 0)))
    assert distinct(picture.grid, less, [answer, beside, whole]) == [answer]


def test_four_at_most_and_none_without_an_answer(picture: Picture) -> None:
    many = [_match(picture, 0, 0, 16, bottom) for bottom in range(4, 16, 2)]
    prompt = Prompt(boxes=((0.0, 0.0, 9.0, 9.0),))
    assert distinct(picture.grid, prompt, many) == many[:MOST_READINGS]
    nothing = _match(picture, 0, 0, 0, 0)
    assert distinct(picture.grid, prompt, [nothing, many[0]]) == []
    assert distinct(picture.grid, prompt, [many[0], nothing]) == [many[0]]


def test_near_copies_of_exact_masks_go_too() -> None:
    masks = np.zeros((4, 20, 20), bool)
    masks[0, :10] = masks[1, :10] = masks[2, :5] = True
    masks[1, 10, :5] = True
    first, copy, part, nothing = (Segmentation.from_mask(mask) for mask in masks)
    assert still_distinct([first, copy, part, nothing]) == [first, part]


def _reading_model(**decoder: object) -> Segmenter:
    """A tiny model with reading queries, whose masks are spread well."""
    model = tiny_seem(3, **(decoder or READINGS))
    with torch.no_grad():
        model.decoder.query_feat.weight.mul_(6)
        model.decoder.mask_embed.layers[-1].weight.mul_(8)
    model.language.tokenizer = _letters
    return Segmenter(model)


def _letters(texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """The first letters of each text as its tokens."""
    ids = torch.tensor([[ord(letter) % 100 for letter in text[:3].ljust(3)] for text in texts])
    return ids, torch.ones_like(ids, dtype=torch.bool)


@pytest.mark.parametrize("make", [_reading_model, lambda: Segmenter(tiny_official())])
def test_readings_are_asked_for_once_and_only_on_demand(make, monkeypatch) -> None:
    segmenter = make()
    calls = []
    decode = segmenter.model.decode

    def counted(features, batch, *rest):
        calls.append(batch.groups)
        return decode(features, batch, *rest)

    monkeypatch.setattr(segmenter.model, "decode", counted)
    segmenter.set_image(drawn_image("scene", 90, 120))
    x, y = _inside(segmenter)
    del calls[:]
    result = segmenter.predict(Prompt(points=((x, y, 1),)))
    assert len(calls) == 1
    readings = result.alternatives
    assert result.alternatives is readings
    assert len(calls) == 2
    assert readings[0] is result
    assert 2 <= len(readings) <= MOST_READINGS
    for reading in readings:
        assert reading.found
        assert reading.mask.shape == (90, 120)
        assert reading.image is segmenter.picture.rgb
    masks = [reading.mask for reading in readings]
    assert len({mask.tobytes() for mask in masks}) == len(masks)


def _inside(segmenter: Segmenter) -> tuple[float, float]:
    """A place whose click has an answer that holds it."""
    for x in range(5, 120, 10):
        for y in range(5, 90, 10):
            result = segmenter.predict(Prompt(points=((x, y, 1),)))
            if result.found and len(result.alternatives) > 1:
                return x, y
    raise AssertionError("the random model reads no click in two ways")


def test_the_answer_does_not_depend_on_readings() -> None:
    segmenter = _reading_model()
    segmenter.set_image(drawn_image("scene", 90, 120))
    x, y = _inside(segmenter)
    first = segmenter.predict(Prompt(points=((x, y, 1),)))
    assert len(first.alternatives) > 1
    again = segmenter.predict(Prompt(points=((x, y, 1),)))
    assert np.array_equal(first.logits, again.logits)


def test_a_model_without_reading_queries_knows_only_its_answer() -> None:
    segmenter = _reading_model(num_queries=12, spatial_queries=(8, 9))
    segmenter.set_image(drawn_image("scene", 90, 120))
    result = segmenter.predict(Prompt(boxes=((10.0, 10.0, 90.0, 80.0),)))
    assert result.alternatives == (result,)


def test_a_result_does_not_hold_what_the_model_saw() -> None:
    segmenter = _reading_model()
    segmenter.set_image(drawn_image("scene", 90, 120))
    x, y = _inside(segmenter)
    prompt = Prompt(points=((x, y, 1),))
    expected = [other.mask for other in segmenter.predict(prompt).alternatives]
    result = segmenter.predict(prompt)
    segmenter.set_image(drawn_image("other", 90, 120))
    gc.collect()
    assert not [item for item in gc.get_objects() if _is_picture_of(item, result.image)]
    readings = result.alternatives  # the image is looked at again
    assert len(readings) == len(expected)
    for reading, mask in zip(readings, expected, strict=True):
        assert np.array_equal(reading.mask, mask)


def _is_picture_of(item: object, image: np.ndarray | None) -> bool:
    return type(item) is Picture and item.rgb is image


def test_words_have_no_readings_and_copies_neither() -> None:
    segmenter = Segmenter(tiny_official())
    segmenter.set_image(drawn_image("scene", 90, 120))
    assert len(segmenter.predict("cup").alternatives) == 1
    mask = np.zeros((90, 120), bool)
    assert len(Segmentation.from_mask(mask).alternatives) == 1
