"""Examples to look at: what is asked, how they are chosen, what they show."""

import numpy as np
import pytest

from seem_ros.evaluation.examples import WIDTH, Example, best_median_worst, examples
from seem_ros.evaluation.pictures import LabelledPicture
from support.flood_segmenter import FloodSegmenter


@pytest.fixture
def picture():
    """A large nameless square, a small cup, on grey."""
    rgb, labels = np.full((60, 80, 3), 90, np.uint8), np.zeros((60, 80), np.uint16)
    rgb[5:45, 5:45], labels[5:45, 5:45] = (200, 30, 30), 1
    rgb[50:58, 60:75], labels[50:58, 60:75] = (30, 30, 200), 2
    return LabelledPicture("small/a", rgb, labels, {1: None, 2: "cup"})


def test_the_largest_object_is_clicked_and_the_name_is_asked(picture):
    found = list(examples(FloodSegmenter(), [picture]))
    assert [kind for kind, _ in found] == ["click", "text"]
    click, text = (example for _, example in found)
    assert click.iou > 0.95
    assert click.caption.startswith(f"{click.iou:.2f} (")
    assert '"cup"' in text.caption
    assert click.picture.shape == (240, 2 * WIDTH, 3)


def test_a_picture_without_objects_is_left_out(picture):
    empty = LabelledPicture("small/b", picture.rgb, np.zeros((60, 80), np.uint16), {})
    assert list(examples(FloodSegmenter(), [empty])) == []


def test_best_median_and_worst_are_chosen():
    found = [Example(str(i), i / 10, np.zeros((1, 1, 3), np.uint8)) for i in range(10)]
    assert [e.iou for e in best_median_worst(found, 2)] == [0.9, 0.8, 0.5, 0.4, 0.1, 0.0]
    assert len(best_median_worst(found[:4], 2)) == 4
