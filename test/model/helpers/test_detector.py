"""The detector: what texts mean to it, and where it puts its boxes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seem_ros.model.config import DetectorConfig
from seem_ros.model.helpers.detector import Detector, doubled
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.loading import load_model


@pytest.fixture(scope="module")
def small() -> Detector:
    """Random weights; names 0 and 1 mean class 0, name 2 class 1."""
    torch.manual_seed(0)
    detector = Detector(DetectorConfig(classes=2, names=3, picture_size=128, largest_size=128), 12)
    detector.class_meanings[:] = torch.eye(12)[:3]
    detector.class_of_name[:] = torch.tensor([0, 0, 1])
    return detector.eval()


@pytest.fixture(scope="module")
def nano() -> LoadedModel:
    return load_model("nano")


@pytest.mark.parametrize(("direction", "meant"), [(0, 0), (1, 0), (2, 1), (5, None)])
def test_a_text_means_the_class_of_the_nearest_name(
    small: Detector, direction: int, meant: int | None
) -> None:
    assert small.class_of(3 * torch.eye(12)[direction]) == meant


@torch.no_grad()
def test_scores_and_reach_lie_on_a_stride_of_4(small: Detector) -> None:
    heat, reach = small.heads(torch.rand(2, 3, 64, 96) * 255)
    assert heat.shape == (2, 2, 16, 24)
    assert reach.shape == (2, 4, 16, 24)
    assert ((heat >= 0) & (heat <= 1)).all()


@torch.no_grad()
def test_peaks_become_boxes_in_pixels_of_the_picture(
    small: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat, reach = torch.zeros(1, 2, 16, 32), torch.zeros(1, 4, 16, 32)
    heat[0, 1, 8, 10], heat[0, 1, 8, 11], heat[0, 0, 2, 30] = 0.9, 0.8, 0.5
    reach[0, :, 8, 10] = torch.tensor([8.0, 12.0, 16.0, 4.0])
    reach[0, :, 2, 30] = 20.0
    read: list[Tensor] = []

    def heads(images: Tensor) -> tuple[Tensor, Tensor]:
        read.append(images)
        return heat, reach

    monkeypatch.setattr(small, "heads", heads)
    found = small(torch.zeros(128, 256, 3, dtype=torch.uint8))
    assert read[0].shape == (1, 3, 64, 128)
    assert found.classes.tolist() == [1, 0], "a lower neighbour of a peak is no thing of its own"
    boxes = found.boxes.tolist()
    assert boxes[0] == [64.0, 40.0, 112.0, 72.0], "twice the input's pixels"
    assert boxes[1] == [200.0, 0.0, 256.0, 56.0], "cut at the picture's edge"


@pytest.mark.parametrize(
    ("height", "width", "read"),
    [
        (240, 320, (384, 512)),
        (375, 500, (384, 512)),
        (480, 640, (480, 640)),
        (720, 1280, (352, 640)),
    ],
)
def test_a_picture_is_read_at_its_own_size_within_limits(
    height: int, width: int, read: tuple[int, int]
) -> None:
    assert Detector(DetectorConfig(names=1), 12).input_size(height, width) == read


def test_doubling_keeps_values_at_even_places() -> None:
    x = torch.tensor([[[[1.0, 3.0], [5.0, 9.0]]]])
    expected = torch.tensor(
        [[1.0, 2.0, 3.0, 3.0], [3.0, 4.5, 6.0, 6.0], [5.0, 7.0, 9.0, 9.0], [5.0, 7.0, 9.0, 9.0]]
    )
    torch.testing.assert_close(doubled(x)[0, 0], expected)


@torch.no_grad()
@pytest.mark.parametrize(
    ("text", "row"), [("person", 0), ("woman", 0), ("sofa", 57), ("dog", 16), ("mug", 41)]
)
def test_nano_knows_the_class_of_everyday_words(nano: LoadedModel, text: str, row: int) -> None:
    assert nano.helpers.detector.class_of(nano.model.encode_text([text]).meaning[0]) == row


@torch.no_grad()
@pytest.mark.parametrize("text", ["justice", "robot arm", "screwdriver", "hot air balloon"])
def test_nano_knows_no_class_for_other_words(nano: LoadedModel, text: str) -> None:
    assert nano.helpers.detector.class_of(nano.model.encode_text([text]).meaning[0]) is None


@torch.no_grad()
@pytest.mark.parametrize(
    ("picture", "row", "inside"),
    [("chelsea", 15, (230, 130)), ("astronaut", 0, (250, 380)), ("coffee", 41, (300, 150))],
)
def test_nano_sees_things_on_photographs(
    nano: LoadedModel, picture: str, row: int, inside: tuple[int, int]
) -> None:
    data = pytest.importorskip("skimage.data", reason="the photographs come with scikit-image")
    found = nano.helpers.detector(torch.tensor(getattr(data, picture)()[..., :3]))
    best = int(found.scores.argmax())
    assert int(found.classes[best]) == row
    x0, y0, x1, y1 = found.boxes[best].tolist()
    assert x0 < inside[0] < x1
    assert y0 < inside[1] < y1
