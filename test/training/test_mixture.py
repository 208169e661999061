"""Sets that are on disk become the mixture."""

import json

import numpy as np
import pytest
from PIL import Image

from training.data import mixture


@pytest.fixture
def photos(tmp_path):
    """A function that writes photos_coco with one training picture of an unnamed object."""

    def write(folder, name=None):
        root = folder / "photos_coco"
        for part in ("images", "labels"):
            (root / part).mkdir(parents=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(root / "images" / "a.png")
        Image.fromarray(np.ones((8, 8), np.uint16)).save(root / "labels" / "a.png")
        entry = {"image": "a.png", "id": 1, "class": name, "area": 64}
        (root / "objects.json").write_text(json.dumps([entry]))
        return folder

    return write


def test_a_set_alone_has_all_its_weight(tmp_path, photos):
    ((found, weight),) = mixture.training_sets(tmp_path / "none", photos(tmp_path / "photos"))
    assert len(found) == 1
    assert weight == mixture.PHOTOS["photos_coco"]
    assert found.vocabulary == ()


def test_a_taught_twin_shares_the_weight(tmp_path, photos):
    photos(tmp_path / "data" / mixture.TAUGHT, "cup")
    sets = mixture.training_sets(tmp_path / "data", photos(tmp_path / "photos"))
    assert sum(weight for _, weight in sets) == mixture.PHOTOS["photos_coco"]
    assert [found.vocabulary for found, _ in sets] == [("cup",), ()]


def test_clips_take_part_once_they_are_rendered(tmp_path):
    clip = tmp_path / "clips320" / "000000"
    for k in range(2):
        for folder in ("frames", "labels"):
            (clip / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(clip / "frames" / f"{k:05d}.jpg")
        Image.fromarray(np.ones((8, 8), np.uint16)).save(clip / "labels" / f"{k:05d}.png")
    (clip / "objects.json").write_text(json.dumps([{"id": 1, "class": "mug"}]))
    ((found, weight),) = mixture.training_sets(tmp_path, None)
    assert (len(found), weight, found.vocabulary) == (1, mixture.CLIPS["clips320"], ("mug",))


def test_guessed_names_enter_the_vocabulary(tmp_path, photos):
    (tmp_path / mixture.PHOTO_NAMES).write_text(json.dumps({"photos_coco/a": {"1": "dog"}}))
    ((found, _),) = mixture.training_sets(tmp_path, photos(tmp_path / "photos"))
    assert found.vocabulary == ("dog",)
    assert found[0].names == {1: "dog"}


def test_nothing_on_disk_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no training set"):
        mixture.training_sets(tmp_path, None)
