"""The ImageNet classifier: what texts mean to it, and how it reads pictures."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch

from seem_ros.model.config import RecogniserConfig
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.loading import load_model
from seem_ros.resources import demo_clip_dir

CLIP = demo_clip_dir()


@pytest.fixture(scope="module")
def small() -> ImageRecogniser:
    """Random weights; classes 0..9 mean ten directions, one group means classes 3 and 4."""
    torch.manual_seed(0)
    recogniser = ImageRecogniser(
        RecogniserConfig("lite0", groups=1, picture_size=96, cut_out_size=64), 12
    )
    recogniser.class_meanings[:10] = torch.eye(10, 12)
    recogniser.group_meanings[0] = torch.eye(12)[11]
    recogniser.group_members[0, [3, 4]] = True
    return recogniser.eval()


@pytest.fixture(scope="module")
def nano() -> LoadedModel:
    return load_model("nano")


def _classes(recogniser: ImageRecogniser, meaning: torch.Tensor) -> list[int]:
    return recogniser.classes_of(meaning).nonzero().flatten().tolist()


def test_a_text_means_the_nearest_class(small: ImageRecogniser) -> None:
    assert _classes(small, 3 * torch.eye(12)[7]) == [7]


def test_a_text_between_classes_means_both(small: ImageRecogniser) -> None:
    assert _classes(small, torch.eye(12)[1] + torch.eye(12)[2]) == [1, 2]


def test_an_everyday_name_means_its_classes(small: ImageRecogniser) -> None:
    assert _classes(small, torch.eye(12)[11]) == [3, 4]


def test_a_text_like_no_name_means_nothing(small: ImageRecogniser) -> None:
    assert _classes(small, torch.ones(12)) == []


@torch.no_grad()
def test_every_cell_has_probabilities(small: ImageRecogniser) -> None:
    rgb = torch.randint(0, 255, (60, 120, 3), dtype=torch.uint8)
    cells = small.everywhere(rgb)
    assert cells.shape == (2, 3, 1000), "96 x 48 pixels at stride 32"
    torch.testing.assert_close(cells.sum(-1), torch.ones(2, 3))


@torch.no_grad()
def test_a_cut_out_is_read_at_one_size(small: ImageRecogniser) -> None:
    rgb = torch.randint(0, 255, (32, 32, 3), dtype=torch.uint8)
    larger = rgb.repeat_interleave(4, 0).repeat_interleave(4, 1)
    torch.testing.assert_close(small.whole(rgb).sum(), torch.tensor(1.0))
    assert (small.whole(rgb) - small.whole(larger)).abs().max() < 0.01


@torch.no_grad()
@pytest.mark.parametrize(
    ("text", "row"), [("dog", 207), ("banana", 954), ("laptop", 620), ("animal", 101)]
)
def test_nano_knows_the_classes_behind_everyday_words(
    nano: LoadedModel, text: str, row: int
) -> None:
    meaning = nano.model.encode_text([text]).meaning[0]
    assert nano.helpers.recogniser.classes_of(meaning)[row]


@torch.no_grad()
def test_nano_knows_no_class_for_a_word_without_one(nano: LoadedModel) -> None:
    meaning = nano.model.encode_text(["justice"]).meaning[0]
    assert not nano.helpers.recogniser.classes_of(meaning).any()


@torch.no_grad()
def test_nano_recognises_the_banana_of_the_demo(nano: LoadedModel) -> None:
    rgb = cv2.imread(str(CLIP / "frames" / "00000.jpg"))[..., ::-1]
    labels = cv2.imread(str(CLIP / "labels" / "00000.png"), cv2.IMREAD_UNCHANGED)
    objects = json.loads((CLIP / "truth.json").read_text())["objects"]
    banana = next(item["id"] for item in objects if item["name"] == "banana")
    rows, columns = np.nonzero(labels == banana)
    cut_out = rgb[rows.min() - 8 : rows.max() + 9, columns.min() - 8 : columns.max() + 9]
    assert int(nano.helpers.recogniser.whole(torch.tensor(cut_out.copy())).argmax()) == 954
