"""Prompts as planes and tokens on the stride-4 grid."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.prompts import Prompt, Stroke
from seem_ros.segmenting.families.prompt_planes import (
    BOX,
    NEGATIVE,
    POSITIVE,
    PREVIOUS,
    collate_points,
    encode_prompt,
    places_on,
    spread_points,
)
from seem_ros.segmenting.grid import Grid

HALF = Grid((128, 192), (64, 96), (64, 96))  # a 128 x 192 image at half size


def test_a_click_marks_the_cells_around_it_and_gives_one_token() -> None:
    encoded = encode_prompt(Prompt(points=((84.0, 44.0, 1), (8.0, 8.0, 0))), HALF)
    assert encoded.planes.shape == (4, 16, 24)
    rows, columns = np.nonzero(encoded.planes[POSITIVE])
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == (5.5, 10.5)
    assert encoded.planes[POSITIVE].sum() == 9  # all centres within 1.5 cells
    assert encoded.planes[NEGATIVE, 1, 1] == 1
    np.testing.assert_allclose(encoded.xy, [[10.5, 5.5], [1.0, 1.0]])
    assert encoded.positive.tolist() == [True, False]


@pytest.mark.parametrize("place", [(0.0, 0.0), (191.9, 127.9), (0.0, 127.9)])
def test_a_click_in_a_corner_is_not_lost(place: tuple[float, float]) -> None:
    encoded = encode_prompt(Prompt(points=((*place, 1),)), HALF)
    assert encoded.planes[POSITIVE].sum() >= 1


def test_a_box_covers_cells_by_area() -> None:
    encoded = encode_prompt(Prompt(boxes=((4.0, 0.0, 20.0, 12.0),)), HALF)
    plane = encoded.planes[BOX]
    # 4..20 px are cells 0.5..2.5, 0..12 px are cells 0..1.5
    np.testing.assert_allclose(plane[0, :4], [0.5, 1.0, 0.5, 0.0])
    np.testing.assert_allclose(plane[:3, 1], [1.0, 0.5, 0.0])
    assert plane.sum() == pytest.approx(2.0 * 1.5)
    assert len(encoded.xy) == 0


def test_strokes_give_tokens_along_the_line() -> None:
    stroke = Stroke(((16.0, 16.0), (176.0, 16.0)), width=4)
    encoded = encode_prompt(Prompt(strokes=(stroke,)), HALF)
    assert len(encoded.xy) == 8
    np.testing.assert_allclose(encoded.xy[[0, -1]], [[2.0, 2.0], [22.0, 2.0]])
    assert encoded.planes[POSITIVE, 2, 2:22].all()
    background = Stroke(((16.0, 16.0),), positive=False)
    assert encode_prompt(Prompt(strokes=(background,)), HALF).planes[NEGATIVE].any()


def test_a_mask_becomes_the_previous_plane_and_inner_tokens() -> None:
    mask = np.zeros((128, 192), bool)
    mask[32:64, 64:128] = True
    encoded = encode_prompt(Prompt(mask=mask), HALF)
    assert encoded.planes[PREVIOUS].sum() == pytest.approx(4 * 8)
    assert len(encoded.xy) == 16
    assert (encoded.xy >= [8, 4]).all()
    assert (encoded.xy <= [16, 8]).all()


def test_padding_of_the_input_stays_empty() -> None:
    plane = Grid((48, 80), (48, 80), (64, 96)).cover(np.ones((48, 80), bool))
    assert plane[:12, :20].min() == 1
    assert plane[12:].max() == plane[:, 20:].max() == 0


def test_prompts_are_padded_to_one_batch_and_capped() -> None:
    many = encode_prompt(Prompt(points=tuple((4.0 * i + 2, 10.0, 1) for i in range(20))), HALF)
    one = encode_prompt(Prompt(points=((50.0, 60.0, 0),)), HALF)
    points = collate_points([many, one], HALF.cells, limit=8)
    assert points is not None
    assert points.yx.shape == (2, 8, 2)
    assert points.valid.sum(1).tolist() == [8, 1]
    np.testing.assert_allclose(points.yx[1, 0], [60 / 8 / 16, 50 / 8 / 24], atol=1e-6)
    assert not points.positive[1, 0]
    assert collate_points([encode_prompt(Prompt(), HALF)], HALF.cells, 8) is None


def test_spread_points_lie_in_the_region() -> None:
    region = np.zeros((10, 10), bool)
    region[2:4, 5:9] = True
    points = spread_points(region, 5)
    assert len(points) == 5
    assert all(region[int(y), int(x)] for x, y in points)
    assert len(spread_points(region & False, 5)) == 0


@pytest.mark.parametrize(("cover", "columns"), [([0.2, 0.6, 0.5], [1, 2]), ([0.1, 0.3], [1])])
def test_places_on_a_mask_are_its_inside_or_the_best_of_it(cover, columns) -> None:
    places = places_on(np.array([cover], np.float32), 5)
    assert [int(x) for x, _ in places] == columns
