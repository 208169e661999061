"""One and several of a thing."""

from __future__ import annotations

import pytest

from seem_ros.model.text.vocabularies import coco_panoptic
from seem_ros.prompts.nouns import one_of_several, plural, singular


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("mug", "mugs"),
        ("wine glass", "wine glasses"),
        ("box", "boxes"),
        ("bench", "benches"),
        ("bus", "buses"),
        ("vase", "vases"),
        ("berry", "berries"),
        ("key", "keys"),
        ("tomato", "tomatoes"),
        ("person", "people"),
        ("sheep", "sheep"),
    ],
)
def test_plural_and_back(one: str, several: str) -> None:
    assert plural(one) == several
    assert singular(several) == one


def test_the_names_of_coco_come_back() -> None:
    things = {*coco_panoptic().classes[: coco_panoptic().things]} - {"skis"}  # are several
    assert {name: singular(plural(name)) for name in things} == {name: name for name in things}


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("cups", "cup"),
        ("Gizmos", "Gizmo"),
        ("TVs", "TV"),
        ("buses", "bus"),
        ("dresses", "dress"),
        ("swiss knives", "swiss knife"),
        ("wine glasses", "wine glass"),
        ("cups of coffee", "cup of coffee"),
        ("lenses", "lens"),
        ("men", "man"),
    ],
)
def test_a_plural_means_several(several: str, one: str) -> None:
    assert one_of_several(several) == one
    assert one_of_several(one) is None


@pytest.mark.parametrize(
    "name",
    ["scissors", "glasses", "pants", "bus", "grass", "dress", "tennis",
     "swiss knife", "sheep", "cook's", "furniture", "sunglasses", "plate of cookies"],
)  # fmt: skip
def test_one_thing_is_no_plural(name: str) -> None:
    assert one_of_several(name) is None


def test_the_vocabulary_knows_better() -> None:
    assert one_of_several("skis", {"skis"}) is None
    assert one_of_several("grapes", {"grapes"}) is None
    assert one_of_several("grapes", {"grapes", "grape"}) == "grape"
    assert one_of_several("zombies", {"zombie"}) == "zombie"
    assert one_of_several("glasses", several=True) == "glass"
