"""The clip is read as it was written, photographs come from scikit-image's package."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from seem_ros.demo.footage import PHOTOGRAPHS, Clip, photograph

# The camera looks down from 1 m above the world's origin; the mug stands 20 cm along x.
POSE = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 1], [0, 0, 0, 1]]
PLACE = {
    "centre": [0.2, 0, 0.06],
    "rotation": np.eye(3).tolist(),
    "visible_centroid": [0.2, 0, 0.88],
}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a clip of two frames, depth for the first one."""
    for name in ("frames", "labels", "depth"):
        (tmp_path / name).mkdir()
    for index in (0, 3):
        bgr = np.zeros((48, 64, 3), np.uint8)
        bgr[..., 2] = 200
        cv2.imwrite(str(tmp_path / "frames" / f"{index:05d}.jpg"), bgr)
        labels = np.full((48, 64), index + 300, np.uint16)
        cv2.imwrite(str(tmp_path / "labels" / f"{index:05d}.png"), labels)
    cv2.imwrite(str(tmp_path / "depth" / "00000.png"), np.full((48, 64), 1500, np.uint16))
    truth = {
        "fps": 15.0,
        "k": [[60, 0, 32], [0, 60, 24], [0, 0, 1]],
        "objects": [{"id": 2, "mesh": "contactdb/mug", "box": {"size": [0.1, 0.08, 0.12]}}],
        "frames": [
            {"index": 0, "world_from_optical": POSE, "objects": {"2": PLACE}},
            {"index": 3},
        ],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    return tmp_path


def test_frames_have_colour_truth_and_depth(folder):
    clip = Clip(folder)
    assert (len(clip), clip.fps) == (2, 15.0)
    assert clip.intrinsics.tolist() == [[60, 0, 32], [0, 60, 24], [0, 0, 1]]
    first, last = clip[0], clip[1]
    assert first.rgb.shape == (48, 64, 3)
    assert first.rgb[..., 0].min() > 190
    assert first.rgb[..., 2].max() < 10
    assert np.unique(first.truth).tolist() == [300]
    assert np.unique(first.depth_mm).tolist() == [1500]
    assert (last.name, last.depth_mm) == ("00003", None)
    assert np.unique(last.truth).tolist() == [303]


def test_solids_are_in_the_cameras_frame(folder):
    first, last = Clip(folder)[0], Clip(folder)[1]
    (solid,) = first.solids.values()
    assert np.allclose(solid.box.centre, [0.2, 0, 0.94])
    assert np.allclose(solid.box.axes[:, 2], [0, 0, -1])
    assert solid.box.size.tolist() == [0.1, 0.08, 0.12]
    assert solid.centroid.tolist() == [0.2, 0, 0.88]
    assert (last.solids, last.world_from_optical) == ({}, None)


def test_an_object_is_found_by_the_end_of_its_mesh(folder):
    assert Clip(folder).id_of("mug") == 2
    with pytest.raises(KeyError, match=r"no 'teapot'.*contactdb/mug"):
        Clip(folder).id_of("teapot")


def test_a_folder_without_clip_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Clip(tmp_path)


@pytest.mark.parametrize("file_name", PHOTOGRAPHS)
def test_photographs_lie_in_the_package(file_name):
    pytest.importorskip("skimage", reason="the photographs come with scikit-image")
    picture = photograph(file_name)
    assert picture.rgb.ndim == 3
    assert picture.rgb.std() > 20
    assert picture.truth is None
