"""What is counted of things shown once."""

from __future__ import annotations

import pytest

from seem_ros.evaluation.exemplars import Record, named_right, summarise

RECORDS = [
    Record("dog", "dog", 10, True, 0.8, "dog"),
    Record("dog", "dog", 25, True, 0.4, "cow"),
    Record("dog", "dog", -1, False, 0.0, ""),
    Record("cow", "cow", 10, True, 0.6, "cow"),
    Record("cow", "cow", -1, True, 1.0, "table"),
    Record("cow", "dog", 0, True, 0.0, "cow"),
    Record("dog", "cow", 0, False, 0.0, ""),
]


def test_ious_by_frame_and_absent_ones() -> None:
    assert summarise(RECORDS) == {
        "IoU, frame 10": pytest.approx(0.7),
        "IoU, frame 25": pytest.approx(0.4),
        "IoU, last": pytest.approx(0.5),
        "found": pytest.approx(4 / 5),
        "IoU >= 0.5": pytest.approx(3 / 5),
        "absent refused": pytest.approx(0.5),
        "absent": 2,
    }


def test_only_taught_names_count_as_names() -> None:
    figures = named_right(RECORDS[:5])
    assert figures == {"named": pytest.approx(3 / 5), "named right": pytest.approx(2 / 3)}
