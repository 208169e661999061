"""What was shown is found again place by place, and refused where it is not in view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seem_ros.library import Library
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.exemplars import find_shown
from seem_ros.segmenting.question import Question
from seem_ros.tracker import Tracker


def scene(*things: tuple[str, int, int]) -> np.ndarray:
    """Draw things (kind, x, y) of 60 pixels on a grey table of 200 x 320."""
    rng = np.random.default_rng(3)
    rgb = (rng.normal(150, 6, (200, 320, 1)) + np.zeros(3)).clip(0, 255).astype(np.uint8)
    rows, columns = np.mgrid[:60, :60]
    for kind, x, y in things:
        part = rgb[y : y + 60, x : x + 60]
        if kind == "ball":
            inside = (rows - 30) ** 2 + (columns - 30) ** 2 < 28**2
            part[inside] = np.where(
                (rows // 8 % 2 == 0)[..., None], (200, 30, 30), (240, 230, 90)
            )[inside]
        else:
            part[5:55, 20:40] = (30, 60, 190)
    return rgb


def where(x: int, y: int) -> np.ndarray:
    mask = np.zeros((200, 320), bool)
    rows, columns = np.mgrid[:200, :320]
    mask[(rows - y - 30) ** 2 + (columns - x - 30) ** 2 < 28**2] = True
    return mask


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


SHOWN = scene(("ball", 40, 60), ("bar", 180, 90))
BALL = where(40, 60)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.from_pretrained("nano", "cpu")


def test_an_example_is_found_where_it_is_now(segmenter: Segmenter) -> None:
    picture = segmenter.look(scene(("bar", 30, 90), ("ball", 200, 110)))
    (answer,) = picture.answer([Question(Prompt(example=(SHOWN, BALL)))])
    assert answer.found
    assert len(answer.objects) == 1
    assert iou(answer.mask, where(200, 110)) > 0.8
    assert 0.5 <= answer.score <= 1


def test_an_example_of_what_is_not_there_is_not_found(segmenter: Segmenter) -> None:
    picture = segmenter.look(scene(("bar", 30, 90)))
    (answer,) = picture.answer([Question(Prompt(example=(SHOWN, BALL)))])
    assert not answer.found
    assert not answer.mask.any()


def test_equal_things_are_several_matches(segmenter: Segmenter) -> None:
    places = [(20, 20), (130, 110), (240, 30)]
    picture = segmenter.look(scene(*(("ball", x, y) for x, y in places)))
    (answer,) = picture.answer([Question(Prompt(example=(SHOWN, BALL)))])
    assert len(answer.objects) == 3
    for place in places:
        assert max(iou(each.mask, where(*place)) for each in answer.objects) > 0.8


def test_one_of_equal_things_shows_all_of_them(segmenter: Segmenter) -> None:
    picture = segmenter.look(scene(("ball", 40, 60), ("ball", 220, 60)))
    matches = find_shown(picture, [picture.remember(BALL)])
    assert sorted(round(iou(each.mask.pixels, BALL)) for each in matches) == [0, 1]


def test_an_example_beside_a_click_only_helps_it(segmenter: Segmenter) -> None:
    picture = segmenter.look(scene(("bar", 30, 90)))
    prompt = Prompt(example=(SHOWN, BALL), points=[(60, 120, 1)])
    (answer,) = picture.answer([Question(prompt)])
    assert answer.found
    assert answer.mask[120, 60]


def test_a_taught_thing_is_found_by_its_name_and_named_when_pointed_at(tmp_path: Path) -> None:
    library = Library(tmp_path)
    segmenter = Segmenter.from_pretrained("nano", "cpu", library=library)
    library.teach("zorblat", SHOWN, BALL)
    there = segmenter.look(scene(("bar", 30, 90), ("ball", 200, 110)))
    gone = segmenter.look(scene(("bar", 30, 90)))
    by_name, click, other = (
        Question(Prompt(text="the zorblat")),
        Question(Prompt(points=[(230, 140, 1)])),
        Question(Prompt(points=[(60, 120, 1)])),
    )
    named, clicked, beside = there.answer([by_name, click, other])
    assert iou(named.mask, where(200, 110)) > 0.8
    assert (named.class_name, clicked.class_name) == ("zorblat", "zorblat")
    assert beside.class_name != "zorblat"
    assert not gone.answer([by_name])[0].found
    library.forget("zorblat")
    assert there.answer([click])[0].class_name != "zorblat"


def test_a_tracked_instance_that_is_a_taught_thing_is_named_so(tmp_path: Path) -> None:
    library = Library(tmp_path)
    segmenter = Segmenter.from_pretrained("nano", "cpu", library=library)
    library.teach("zorblat", SHOWN, BALL)
    tracker = Tracker(segmenter)
    tracker.step(scene(("ball", 100, 60)), prompts=[Prompt(points=[(130, 90, 1)])])
    (instance,) = tracker.step(scene(("ball", 108, 62)))
    assert (instance.class_name, instance.state) == ("zorblat", "tracked")
