"""Readers of rendered folders and photograph sets."""

import json
import pickle

import numpy as np
import pytest
from PIL import Image

from seem_ros.evaluation.datasets import (
    IGNORE,
    ClipDataset,
    PhotoDataset,
    RenderedDataset,
    is_kept_back,
)
from training.scenes import truth


@pytest.fixture
def photo_set(tmp_path):
    """A photograph set of 40 pictures whose picture k has object k with a class or without."""
    root = tmp_path / "photos_small"
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    objects = []
    for k in range(40):
        labels = np.zeros((6, 8), np.uint16)
        labels[2:4, 3:5], labels[0, 0] = k + 1, IGNORE
        Image.fromarray(np.full((6, 8, 3), k, np.uint8)).save(root / "images" / f"p{k:02d}.jpg")
        Image.fromarray(labels).save(root / "labels" / f"p{k:02d}.png")
        name = "cup" if k % 2 else None
        objects.append({"image": f"p{k:02d}.jpg", "id": k + 1, "class": name, "area": 4})
    (root / "objects.json").write_text(json.dumps(objects))
    return root


def test_photo_sample_has_pixels_ids_and_names(photo_set):
    sample = PhotoDataset(photo_set, "all")[3]
    assert sample.key == "photos_small/p03"
    assert sample.image.shape == (6, 8, 3) and sample.image.dtype == np.uint8
    assert abs(int(sample.image[0, 0, 0]) - 3) <= 2
    assert sample.labels.dtype == np.uint16
    assert sorted(np.unique(sample.labels)) == [0, 4, IGNORE]
    assert sample.names == {4: "cup"}
    assert PhotoDataset(photo_set, "all")[2].names == {3: None}


def test_splits_are_fixed_and_disjoint(photo_set):
    train = {p.stem for p in PhotoDataset(photo_set, "train").images}
    kept = {p.stem for p in PhotoDataset(photo_set, "kept_back").images}
    assert not train & kept and len(train | kept) == 40
    # As `printf photos_small/pNN | sha1sum` modulo 100 gives it.
    assert kept == {"p03", "p05", "p14", "p15", "p31", "p33", "p38", "p39"}


def test_a_clip_gives_pairs_of_frames(tmp_path):
    for k in range(4):
        for folder in ("frames", "labels"):
            (tmp_path / "000000" / folder).mkdir(parents=True, exist_ok=True)
        shade = np.full((6, 8, 3), 40 * k, np.uint8)
        labels = np.full((6, 8), k, np.uint16)
        truth.save_rgb(tmp_path / "000000" / "frames" / f"{k:05d}.jpg", shade)
        truth.save_labels(tmp_path / "000000" / "labels" / f"{k:05d}.png", labels)
    data = ClipDataset(tmp_path, gaps=(1, 2))
    assert len(data) == 0  # objects.json marks a finished clip
    truth.save_json(tmp_path / "000000" / "objects.json", [{"id": 1, "class": "mug"}])
    data = ClipDataset(tmp_path, gaps=(1, 2))
    pairs = {(int(s.labels[0, 0]), int(s.later[1][0, 0])) for s in (data[i] for i in range(5))}
    assert (len(data), pairs) == (5, {(0, 1), (1, 2), (2, 3), (0, 2), (1, 3)})
    assert abs(int(data[0].later[0][0, 0, 0]) - 40) <= 2
    assert data[0].names == {1: "mug"}
    with pytest.raises(FileNotFoundError, match="clips"):
        ClipDataset(tmp_path / "none")


def test_a_filmed_clip_needs_no_names(tmp_path):
    for k in range(3):
        for folder in ("frames", "labels"):
            (tmp_path / "bear" / folder).mkdir(parents=True, exist_ok=True)
        truth.save_rgb(
            tmp_path / "bear" / "frames" / f"{k:05d}.jpg", np.zeros((6, 8, 3), np.uint8)
        )
        labels = np.full((6, 8), 1, np.uint16)
        truth.save_labels(tmp_path / "bear" / "labels" / f"{k:05d}.png", labels)
    data = ClipDataset(tmp_path, gaps=(2, 5), named=False)
    assert len(data) == 1
    assert (data[0].names, data[0].place) == ({1: None}, f"{tmp_path.name}/bear")


def test_measured_sets_are_never_trained_on():
    assert is_kept_back("photos_cc0", "anything.jpg") and is_kept_back("video_dev", "bear")


def test_split_depends_on_the_name_without_extension():
    names = [f"{k:06d}" for k in range(400)]
    kept = [is_kept_back("photos_coco", n) for n in names]
    assert kept == [is_kept_back("photos_coco", f"{n}.jpg") for n in names]
    assert 30 <= sum(kept) <= 90


def test_wrong_split_and_wrong_folder_are_named(photo_set, tmp_path):
    with pytest.raises(ValueError, match="'test' is not one of train, kept_back, all"):
        PhotoDataset(photo_set, "test")
    with pytest.raises(FileNotFoundError, match="no objects.json"):
        PhotoDataset(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder of rendered scenes"):
        RenderedDataset(tmp_path / "absent")


def write_scene(folder, number, finished=True):
    labels = np.zeros((6, 8), np.uint16)
    labels[1:3, 1:3], labels[3:5, 4:7] = 1, 300
    truth.save_rgb(folder / f"{number:06d}.jpg", np.full((6, 8, 3), 90, np.uint8))
    truth.save_labels(folder / f"{number:06d}.png", labels)
    objects = [{"id": 1, "name": "mug", "color": "red"}, {"id": 300, "name": "cup", "color": None}]
    if finished:
        truth.save_json(folder / f"{number:06d}.json", {"objects": objects})


def test_rendered_sample_and_unfinished_scene(tmp_path):
    write_scene(tmp_path, 0)
    write_scene(tmp_path, 1, finished=False)
    data = RenderedDataset(tmp_path)
    assert len(data) == 1
    sample = data[0]
    assert sample.names == {1: "mug", 300: "cup"} and sample.colors == {1: "red"}
    assert (sample.labels == 1).sum() == 4 and (sample.labels == 300).sum() == 6
    assert sample.key == f"{tmp_path.name}/000000"
    write_scene(tmp_path, 1)
    assert data.refresh() == 2 and data[1].names == sample.names


def test_datasets_survive_pickling(photo_set, tmp_path):
    write_scene(tmp_path, 0)
    for data in (PhotoDataset(photo_set, "all"), RenderedDataset(tmp_path)):
        again = pickle.loads(pickle.dumps(data))
        assert len(again) == len(data)
        assert np.array_equal(again[0].labels, data[0].labels)


def test_nothing_half_written_is_left(tmp_path):
    write_scene(tmp_path, 0)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".jpg", ".json", ".png"]


def test_guessed_names_fill_gaps_and_never_replace(photo_set):
    guessed = {"photos_small/p02": {"3": "dog"}, "photos_small/p03": {"4": "dog"}}
    data = PhotoDataset(photo_set, "all", guessed)
    assert data[2].names == {3: "dog"}
    assert data[3].names == {4: "cup"}, "a class that a person gave stays"
    assert data[4].names == {5: None}
