"""A picture: looked at once, never changed, asked as often as one likes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch

from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.question import Question
from support.drawn_images import drawn_image
from support.hand_made import picture_of
from support.tiny_official import tiny_official

CLICK = Question(Prompt(points=((40.0, 30.0, 1),)))


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(tiny_official())


def test_pictures_answer_side_by_side(segmenter: Segmenter) -> None:
    first, second = (segmenter.look(drawn_image(name, 90, 120)) for name in ("scene", "other"))
    (before,) = first.answer([CLICK])
    (other,) = second.answer([CLICK])
    (again,) = first.answer([CLICK])
    assert np.array_equal(before.logits, again.logits)
    assert not np.allclose(before.logits, other.logits)


def test_the_segmenters_verbs_ask_the_picture_set_last(segmenter: Segmenter) -> None:
    rgb = drawn_image("scene", 90, 120)
    segmenter.set_image(rgb)
    (first,) = segmenter.look(rgb).answer([CLICK])
    assert np.array_equal(segmenter.predict(CLICK.prompt).logits, first.logits)
    (second,) = segmenter.picture.answer([Question(CLICK.prompt, first)])
    assert np.array_equal(segmenter.predict(CLICK.prompt, first).logits, second.logits)
    assert segmenter.picture.size == (90, 120)


def test_nothing_asked_is_nothing_answered(segmenter: Segmenter) -> None:
    assert segmenter.look(drawn_image("scene", 90, 120)).answer([]) == []


def test_one_bad_question_and_none_is_answered(segmenter: Segmenter) -> None:
    outside = Question(Prompt(points=((400.0, 30.0, 1),)))
    with pytest.raises(ValueError, match="400"):
        segmenter.look(drawn_image("scene", 90, 120)).answer([CLICK, outside])


def test_pictures_and_questions_cannot_be_changed(segmenter: Segmenter) -> None:
    with pytest.raises(FrozenInstanceError):
        segmenter.look(drawn_image("scene", 90, 120)).detail = 2.0
    with pytest.raises(FrozenInstanceError):
        CLICK.glance = True


def test_a_helper_sees_a_picture_once() -> None:
    seen: list[torch.Tensor] = []

    def helper(rgb: torch.Tensor) -> int:
        seen.append(rgb)
        return len(seen)

    picture = picture_of(np.full((8, 8, 3), 7, np.uint8))
    assert picture.seen_by(helper) == picture.seen_by(helper) == 1
    assert picture.seen_by(lambda rgb: int(rgb.max())) == 7
    assert len(seen) == 1
