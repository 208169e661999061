"""Crops: they hold the object and stay in the picture, maps and prompts keep their places."""

from __future__ import annotations

import numpy as np
import torch

from seem_ros.prompts import Prompt
from seem_ros.segmenting.crops import (
    Crop,
    colours,
    crop_around,
    near_border,
    object_box,
    prompts_on_crop,
    sampled,
)
from seem_ros.segmenting.grid import Grid

GRID = Grid((240, 320), (384, 512), (384, 512))  # a cell of the grid is 2.5 pixels


def test_the_box_holds_mask_positive_clicks_and_boxes() -> None:
    logits = np.full((96, 128), -5.0, np.float32)
    logits[20:40, 60:80] = 5.0
    assert object_box(logits, Prompt(), GRID) == (150, 50, 200, 100)
    prompt = Prompt(points=((10, 60, 1), (300, 200, 0)), boxes=((140, 20, 180, 60),))
    assert object_box(logits, prompt, GRID) == (10, 20, 200, 100)


def test_crops_hold_the_object_with_a_margin_inside_the_picture() -> None:
    assert crop_around((100, 80, 200, 140), GRID) == Crop(80, 60, 220, 160)
    assert crop_around((0, 0, 320, 240), GRID) == Crop(0, 0, 320, 240)
    corner = crop_around((300, 220, 320, 240), GRID)
    assert (corner.x1, corner.y1) == (320, 240)
    assert corner.x0 <= 296
    assert corner.y0 <= 216


def test_small_and_narrow_objects_get_wide_crops() -> None:
    tiny = crop_around((100, 100, 102, 102), GRID)
    assert tiny.width == tiny.height == 40  # 16 cells
    narrow = crop_around((40, 100, 240, 104), GRID)
    assert narrow.height >= narrow.width / 2


def test_sampling_keeps_places() -> None:
    rows = torch.arange(96.0)[:, None].expand(96, 128)
    columns = torch.arange(128.0).expand(96, 128)
    maps = torch.stack((rows, columns))[None]
    crops = [Crop(80, 40, 160, 120), Crop(0, 0, 320, 240)]
    cut = sampled(maps, crops, GRID, 32)
    assert cut.shape == (2, 2, 32, 32)
    pixels = 80 + (torch.arange(32) + 0.5) * 80 / 32
    torch.testing.assert_close(cut[0, 1, 5], pixels / 2.5 - 0.5)
    torch.testing.assert_close(cut[0, 0, :, 9], (pixels - 40) / 2.5 - 0.5)


def test_near_the_border_lie_three_cells_on_each_side() -> None:
    logits = torch.full((1, 1, 96, 128), -5.0)
    logits[..., 40:60] = 5.0  # pixels 100 to 150 of every row
    near = near_border(logits, [Crop(80, 40, 160, 120)], GRID, 80)[0]
    columns = near.all(0).nonzero().flatten() + 80
    assert set(columns.tolist()) == {*range(93, 107), *range(143, 157)}
    assert bool((near.any(0) == near.all(0)).all())


def test_colours_are_scaled_from_the_frame_only() -> None:
    rgb = np.zeros((240, 320, 3), np.uint8)
    rgb[40:120, 80:160] = (255, 127, 0)
    cut = colours(rgb, Crop(80, 40, 160, 120), 16)
    expected = torch.tensor([1.0, 0.0, -127 / 128])[:, None, None].expand(3, 16, 16)
    torch.testing.assert_close(cut, expected)


def test_prompts_are_drawn_where_they_are() -> None:
    prompt = Prompt(points=((90, 110, 1), (150, 50, 0)), boxes=((90, 50, 120, 80),))
    positive, negative, box = prompts_on_crop(prompt, Crop(80, 40, 160, 120), 80)
    assert divmod(int(positive.argmax()), 80) in {(69, 9), (69, 10), (70, 9), (70, 10)}
    assert divmod(int(negative.argmax()), 80) in {(9, 69), (9, 70), (10, 69), (10, 70)}
    assert float(box.sum()) == 30 * 30
    assert bool((box[10:40, 10:40] == 1).all())
