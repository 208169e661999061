"""Results show themselves and go into other programs' formats with the same pixels."""

from __future__ import annotations

import io
import sys
import types

import numpy as np
import pytest
from PIL import Image

from seem_ros.exchange.formats import coco_runs, summary, supervision_detections
from seem_ros.instances import Instance, box_of
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation, SegmentedObject


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((20, 30), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def thing(mask: np.ndarray, name: str, score: float) -> SegmentedObject:
    return SegmentedObject(mask, score, name, 0.5, box_of(mask))


@pytest.fixture
def result() -> Segmentation:
    """Two mugs and a plate that overlaps one of them."""
    masks = [rectangle(2, 3, 9, 8), rectangle(20, 10, 30, 20), rectangle(5, 3, 12, 6)]
    objects = [thing(masks[0], "mug", 0.9), thing(masks[1], "mug", 0.7)]
    objects.append(thing(masks[2], "plate", 0.6))
    return Segmentation(True, np.logical_or.reduce(masks), 0.9, "mug", 0.5, objects)


def unrolled(runs: dict) -> np.ndarray:
    """Decode COCO's compressed runs, written from its definition for this test."""
    numbers: list[int] = []
    at = 0
    text = runs["counts"]
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            code = ord(text[at]) - 48
            value |= (code & 31) << shift
            more, at, shift = bool(code & 32), at + 1, shift + 5
        if code & 16:
            value -= 1 << shift
        numbers.append(value + numbers[-2] if len(numbers) > 2 else value)
    pixels = np.repeat(np.arange(len(numbers)) % 2 == 1, numbers)
    return pixels.reshape(runs["size"], order="F")


def test_short_repr(result):
    assert repr(result) == (
        "Segmentation(3 objects, best 'mug', score 0.90, box (2, 3, 9, 8), 35 pixels of 30x20)"
    )
    assert repr(result.objects[2]) == (
        "SegmentedObject('plate', score 0.60, box (5, 3, 12, 6), 21 pixels)"
    )
    nothing = Segmentation(False, np.zeros((20, 30), bool))
    assert repr(nothing) == "Segmentation(nothing found in 30x20)"
    lost = Instance(3, "my mug", "mug", state="lost")
    assert repr(lost) == "Instance(3, 'my mug', lost, 'mug', not in view)"


def test_box_is_around_all_of_the_mask(result):
    assert result.box == (2, 3, 30, 20)
    assert Segmentation(False, np.zeros((20, 30), bool)).box == (0, 0, 0, 0)


def test_plot_draws_on_a_copy_and_save_keeps_the_pixels(result, tmp_path):
    rgb = np.full((20, 30, 3), 200, np.uint8)
    drawn = np.asarray(result.plot(rgb, [Prompt(points=[(25, 15, 1)])]))
    assert drawn.shape == rgb.shape
    assert (drawn[15, 22] != 200).any()
    assert (drawn[18, 1] == 200).all()
    assert (rgb == 200).all()
    result.save(tmp_path / "mask.png")
    assert np.array_equal(np.array(Image.open(tmp_path / "mask.png")) > 0, result.mask)
    result.objects[2].save(tmp_path / "plate.png")
    assert np.count_nonzero(np.array(Image.open(tmp_path / "plate.png"))) == 21
    with pytest.raises(ValueError, match=r"must end in \.png"):
        result.save(tmp_path / "mask.jpg")


def test_a_result_that_knows_its_image_shows_itself(result):
    assert result._repr_png_() is None
    with pytest.raises(ValueError, match=r"give it, plot\(rgb\)"):
        result.plot()
    result.image = np.full((20, 30, 3), 200, np.uint8)
    shown = np.array(Image.open(io.BytesIO(result._repr_png_())))
    assert np.array_equal(shown, np.asarray(result.plot()))


def test_coco(result):
    first, _, plate = result.to_coco(image_id=7, categories={"mug": 47, "plate": 9})
    assert (first["image_id"], first["category_id"], first["bbox"]) == (7, 47, [2, 3, 7, 5])
    assert (first["area"], first["score"], plate["category_id"]) == (35, 0.9, 9)
    assert np.array_equal(unrolled(plate["segmentation"]), result.objects[2].mask)
    assert {item["category_id"] for item in result.to_coco()} == {1}
    with pytest.raises(ValueError, match="no category for 'plate'; there are mug"):
        result.to_coco(categories={"mug": 47})


def test_coco_runs_hold_every_mask():
    corner = np.zeros((4, 5), bool)
    corner[:2, :2] = True  # runs 0, 2, 2, 2, 14
    assert coco_runs(corner) == {"size": [4, 5], "counts": "0220<"}
    rng = np.random.default_rng(1)
    masks = [rng.random((37, 53)) < share for share in (0.0, 0.02, 0.5, 0.98, 1.0)]
    large = np.zeros((480, 640), bool)
    large[100:300, 200:500] = True
    for mask in [*masks, large, ~large]:
        assert np.array_equal(unrolled(coco_runs(mask)), mask)


def test_summary_of_a_lost_instance():
    assert summary(Instance(1, class_name="mug", score=0.2, state="lost")) == {
        "score": 0.2, "class_name": "mug", "class_score": 0.0, "box": None, "area": 0,
    }  # fmt: skip


def test_supervision(result, monkeypatch):
    module = types.ModuleType("supervision")
    module.Detections = lambda **fields: types.SimpleNamespace(**fields)
    monkeypatch.setitem(sys.modules, "supervision", module)
    found = result.to_supervision()
    assert found.xyxy.tolist() == [[2, 3, 9, 8], [20, 10, 30, 20], [5, 3, 12, 6]]
    assert np.array_equal(found.mask[1], result.objects[1].mask)
    assert found.class_id.tolist() == [0, 0, 1]
    assert found.data["class_name"].tolist() == ["mug", "mug", "plate"]
    assert found.tracker_id is None
    nothing = Segmentation(False, np.zeros((20, 30), bool)).to_supervision()
    assert (nothing.xyxy.shape, nothing.mask.shape) == ((0, 4), (0, 20, 30))
    mug = Instance(5, class_name="mug", mask=rectangle(1, 1, 3, 3), box=(1, 1, 3, 3))
    assert supervision_detections([mug], (20, 30), [5]).tracker_id.tolist() == [5]


def test_supervision_says_what_to_install(result, monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(ImportError, match="pip install supervision"):
        result.to_supervision()
