"""One and several of a thing."""

from __future__ import annotations

import pytest

from seem_ros.model.text.vocabularies import coco_panoptic
from seem_ros.prompts.nouns import plural, singular


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
