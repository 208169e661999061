"""The clicking protocol, by hand-computed values and a model that sees the truth."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from seem_ros.evaluation import clicking, naming
from seem_ros.evaluation.clicking import ClickRecord, masked_iou, next_click
from seem_ros.evaluation.pictures import LabelledPicture, labelled_pictures
from support.flood_segmenter import FloodSegmenter, draw_scene

NOTHING = np.zeros((60, 80), bool)


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = NOTHING.copy()
    mask[y0:y1, x0:x1] = True
    return mask


def test_iou_leaves_ignored_pixels_out():
    truth, mask = rectangle(0, 0, 10, 10), rectangle(0, 0, 20, 10)
    assert masked_iou(mask, truth, NOTHING) == 0.5
    assert masked_iou(mask, truth, rectangle(10, 0, 15, 10)) == pytest.approx(100 / 150)
    assert masked_iou(NOTHING, NOTHING, NOTHING) == 1.0


def test_first_click_is_the_centre_of_the_object():
    assert next_click(NOTHING, rectangle(20, 10, 31, 21), NOTHING) == (25.5, 15.5, 1)


def test_click_goes_to_the_larger_error_with_its_sign():
    truth = rectangle(10, 10, 31, 31)
    extra = truth | rectangle(40, 10, 71, 41)
    assert next_click(extra, truth, NOTHING) == (55.5, 25.5, 0)
    missed = rectangle(10, 10, 31, 13) | rectangle(40, 10, 45, 15)
    x, y, label = next_click(missed, truth, NOTHING)
    assert (label, 18 < x < 24, 20 < y < 24) == (1, True, True)


def test_the_pictures_edge_counts_as_an_edge():
    x, y, label = next_click(NOTHING, rectangle(0, 0, 21, 60), NOTHING)
    assert (x, label) == (10.5, 1)
    assert 10 <= y <= 50


def test_no_click_without_an_error_outside_the_ignored():
    truth = rectangle(10, 10, 20, 20)
    assert next_click(truth, truth, NOTHING) is None
    assert next_click(NOTHING, truth, truth) is None


def test_records_count_clicks():
    record = ClickRecord("a", 1, [0.5, 0.86, 0.84, 0.92], box_iou=0.7)
    assert (record.clicks_to(0.85), record.clicks_to(0.9), record.clicks_to(0.95)) == (2, 4, 20)
    assert (record.at(1), record.at(4), record.at(5)) == (0.5, 0.92, 0.92)
    figures = clicking.summarise([record, ClickRecord("b", 2, [0.95], box_iou=0.9)])
    assert figures["noc90"] == (4 + 1) / 2
    assert figures["iou_1"] == pytest.approx(0.725)
    assert figures["iou_3"] == pytest.approx((0.84 + 0.95) / 2)
    assert figures["failed90"] == 0
    assert figures["box_iou"] == pytest.approx(0.8)


def scene_picture() -> LabelledPicture:
    red, red_too, blue = (10, 10, 50, 40), (60, 5, 90, 30), (90, 60, 130, 100)
    rgb = draw_scene([("red", red), ("red", red_too), ("blue", blue)])
    labels = np.zeros(rgb.shape[:2], np.uint16)
    for number, (x0, y0, x1, y1) in enumerate((red, red_too, blue), start=1):
        labels[y0:y1, x0:x1] = number
    labels[0:2, 0:2] = 9
    return LabelledPicture("drawn/one", rgb, labels, {1: "red", 2: "red", 3: "blue", 9: "green"})


def test_every_object_is_clicked_and_boxed():
    records = clicking.measure_picture(FloodSegmenter(), scene_picture())
    assert [record.instance_id for record in records] == [1, 2, 3]  # 9 is too small
    assert [record.ious for record in records] == [[1.0], [1.0], [1.0]]
    assert [record.box_iou for record in records] == [1.0, 1.0, 1.0]


def test_a_second_click_repairs_a_part_too_many():
    picture = scene_picture()
    picture.labels[picture.labels == 2] = 1  # one object of two parts
    records = clicking.measure_picture(FloodSegmenter(), picture)
    assert len(records[0].ious) == 2
    assert records[0].ious[0] == pytest.approx(1200 / 1950)
    assert records[0].ious[1] == 1.0


def test_text_is_measured_on_unions_and_absent_names():
    names = ["red", "blue", "green", "yellow", "white", "mug"]
    records = naming.measure_picture(FloodSegmenter(), scene_picture(), names)
    present = {record.text: record.iou for record in records if record.present}
    assert present == {"red": 1.0, "blue": 1.0}
    absent = [record for record in records if not record.present]
    assert {record.text for record in absent} == {"yellow", "white", "mug"}
    figures = naming.summarise(records)
    assert (figures["iou"], figures["absent_refused"]) == (1.0, 1.0)


def test_nothing_to_measure_is_an_error():
    with pytest.raises(ValueError, match="no object"):
        clicking.summarise([])
    with pytest.raises(ValueError, match="no named object"):
        naming.summarise([])


def test_photograph_sets_are_read_and_kept_back_by_name(tmp_path):
    picture = scene_picture()
    folder = tmp_path / "photos_x"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for number in range(30):
        Image.fromarray(picture.rgb).save(folder / "images" / f"{number}.jpg")
        Image.fromarray(picture.labels).save(folder / "labels" / f"{number}.png")
    objects = [{"image": "7", "id": 1, "class": "mug", "area": 1200}]
    (folder / "objects.json").write_text(json.dumps(objects))
    everything = list(labelled_pictures(folder))
    kept = list(labelled_pictures(folder, kept_back=True))
    assert len(everything) == 30
    assert 0 < len(kept) < 15
    assert {item.name for item in kept} <= {item.name for item in everything}
    assert len(list(labelled_pictures(folder, limit=4))) == 4
    seven = next(item for item in everything if item.name == "photos_x/7")
    assert seven.classes()["mug"].sum() == 1200
    with pytest.raises(FileNotFoundError, match="no such folder"):
        list(labelled_pictures(tmp_path / "none"))


def test_only_what_was_measured_is_told():
    records = [ClickRecord("a", 1, [0.5, 0.6, 0.92]), ClickRecord("b", 2, [0.4, 0.5, 0.6])]
    three = clicking.summarise(records, most=3)
    assert [name for name in three if name.startswith("iou")] == ["iou_1", "iou_2", "iou_3"]
    assert three["iou_3"] == pytest.approx(0.76)
    assert not any(name.startswith("noc") for name in three)  # NoC is defined for 20 clicks
    assert three["failed90"] == 0.5
    assert clicking.summarise(records, most=25)["noc90"] == (3 + 25) / 2
