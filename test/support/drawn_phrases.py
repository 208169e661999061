"""Phrases of every kind, for tests of what reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from seem_ros.prompts.colours import COLOURS
from seem_ros.prompts.phrases import ANYTHING, ORDINALS, SIDES, SIZES, Phrase

NAMES = (
    "mug",
    "wine glass",
    "orange",
    "cup of tea",
    "wooden spoon",
    "scissors",
    "cell phone",
    ANYTHING,
)


def drawn_phrases(number: int) -> Iterator[Phrase]:
    """Draw phrases of every kind, all fields independently."""
    random = Random(0)
    for _ in range(number):
        ordinal = random.choice((0, 0, *ORDINALS))
        sizes = random.sample(SIZES, random.choice((0, 0, 1, 2)))
        colours = random.choices(COLOURS, k=random.choice((0, 0, 1, 2)))
        yield Phrase(
            random.choice(NAMES),
            (*sizes, *colours),
            side=random.choice(("", "", *SIDES)),
            ordinal=ordinal,
            counted_from=random.choice(("", *SIDES)) if ordinal else "",
            count=random.choice((0, 0, 1, 2, 12, 99)),
            every=random.random() < 0.3,
        )
