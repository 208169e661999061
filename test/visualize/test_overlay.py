"""Overlay drawing, by the pixels it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.instances import Instance, box_of
from seem_ros.prompts import Prompt, Stroke
from seem_ros.visualize.colours import colour_of
from seem_ros.visualize.contact_sheet import contact_sheet
from seem_ros.visualize.overlay import draw_overlay

GREY = np.full((120, 160, 3), 100, np.uint8)


def instance(number: int, x0: int, state: str = "tracked") -> Instance:
    mask = np.zeros(GREY.shape[:2], bool)
    mask[40:90, x0 : x0 + 40] = True
    return Instance(number, "mug", score=0.9, state=state, mask=mask, box=box_of(mask))


def test_fill_blends_the_instances_colour_and_leaves_the_rest():
    picture = draw_overlay(GREY, [instance(1, 20)])
    expected = np.round(100 * 0.6 + np.array(colour_of(1)) * 0.4)
    np.testing.assert_allclose(picture[65, 40], expected, atol=1)
    assert (picture[65, 120] == 100).all()
    assert (GREY == 100).all()


def test_target_is_stronger_and_uncertain_weaker():
    tracked = draw_overlay(GREY, [instance(1, 20)])[65, 40].astype(int)
    target = draw_overlay(GREY, [instance(1, 20)], target_id=1)[65, 40].astype(int)
    unsure = draw_overlay(GREY, [instance(1, 20, "uncertain")])[65, 40].astype(int)
    change = [np.abs(pixel - 100).sum() for pixel in (unsure, tracked, target)]
    assert change[0] < change[1] < change[2]


def test_outline_has_the_instances_colour():
    picture = draw_overlay(GREY, [instance(1, 20)])
    np.testing.assert_allclose(picture[89, 40], colour_of(1), atol=40)


def test_prompts_are_green_and_red():
    prompt = Prompt(
        points=[(30, 100, 1), (60, 100, 0)],
        boxes=[(100, 80, 150, 115)],
        strokes=[Stroke([(100, 20), (150, 20)], width=5)],
    )
    picture = draw_overlay(GREY, [], prompts=[prompt]).astype(int)
    assert picture[98, 28, 1] > picture[98, 28, 0] + 100
    assert picture[98, 58, 0] > picture[98, 58, 1] + 100
    assert picture[80, 120, 1] > picture[80, 120, 0] + 100
    assert picture[20, 125, 1] > picture[20, 125, 0] + 100


def test_status_line_is_at_the_bottom_and_names_lost_instances():
    plain = draw_overlay(GREY, [])
    status = draw_overlay(GREY, [], status="30 fps")
    lost = draw_overlay(GREY, [Instance(4, "mug", state="lost")], status="30 fps")
    assert (plain == GREY).all()
    assert (status[-8:, :20] != 100).any()
    assert (lost != status).any()
    assert (lost[:100] == 100).all()


def test_mask_of_another_size_is_refused():
    with pytest.raises(ValueError, match="instance 3"):
        draw_overlay(GREY, [Instance(3, mask=np.ones((4, 4), bool), box=(0, 0, 4, 4))])


def test_long_names_in_other_scripts_are_drawn_inside():
    tiny = np.zeros((20, 20, 3), np.uint8)
    mask = np.ones((20, 20), bool)
    named = Instance(1, "Tässchen 茶碗 " * 9, mask=mask, box=(0, 0, 20, 20))
    assert draw_overlay(tiny, [named]).shape == tiny.shape


def test_contact_sheet_places_pictures_in_rows():
    red = np.full((30, 40, 3), (255, 0, 0), np.uint8)
    green = np.full((60, 40, 3), (0, 255, 0), np.uint8)
    sheet = contact_sheet([red, green, red], ["a", "b" * 99, "c"], columns=2, cell_width=40)
    assert sheet.shape[1] == 2 * 46
    assert tuple(sheet[40, 20]) == (255, 0, 0)
    assert tuple(sheet[40, 46 + 20]) == (0, 255, 0)


def test_contact_sheet_needs_a_caption_each():
    with pytest.raises(ValueError, match="one caption"):
        contact_sheet([GREY], [])
