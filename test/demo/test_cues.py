"""The operator of the demo looks at the picture."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.demo.cues import (
    BANANA,
    BOTTLE,
    CUBE,
    HIDDEN_M,
    RED_MUG,
    OperatorView,
    clip_cues,
    inner_point,
)
from seem_ros.geometry.camera import CameraModel
from seem_ros.prompts import Mode

MUG_ID, BANANA_ID, CUBE_ID, BOTTLE_ID = 2, 3, 15, 5
K = np.array([[60.0, 0, 40], [0, 60.0, 30], [0, 0, 1]])


class NamedClip:
    """Knows the ids of four meshes, as Clip does."""

    def id_of(self, mesh):
        """Return the id of a mesh."""
        return {RED_MUG: MUG_ID, BANANA: BANANA_ID, CUBE: CUBE_ID, BOTTLE: BOTTLE_ID}[mesh]


@pytest.fixture
def truth():
    """Return a label image with a mug of 11x11 pixels, a banana of 5x20, a bottle of 21x11."""
    labels = np.zeros((60, 80), np.uint16)
    labels[10:21, 30:41] = MUG_ID
    labels[40:45, 5:25] = BANANA_ID
    labels[5:26, 60:71] = BOTTLE_ID
    return labels


def cue_prompts(truth, labels):
    """Return the prompts of the clip's script by the name of their cue."""
    depth_m = np.full(truth.shape, 1.2)
    view = OperatorView(truth, labels, {"click on the red mug": 7}, depth_m, K)
    return {cue.name: cue.make(view) for cue in clip_cues(NamedClip())}


def test_inner_point_is_farthest_from_the_edge(truth):
    assert inner_point(truth == MUG_ID) == (35.0, 15.0)


def test_inner_point_of_a_thing_at_the_border_keeps_away_from_the_border():
    mask = np.zeros((20, 20), bool)
    mask[:, :9] = True
    x, y = inner_point(mask)
    assert x == 4.0
    assert 4 <= y <= 15


def test_inner_point_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="empty mask"):
        inner_point(np.zeros((4, 4), bool))


def test_the_script_clicks_on_the_mug_and_boxes_the_banana(truth):
    prompts = cue_prompts(truth, np.zeros_like(truth))
    assert prompts["click on the red mug"].points == ((35.0, 15.0, 1),)
    assert prompts["box around the banana"].boxes == ((5.0, 40.0, 25.0, 45.0),)
    assert prompts['text "elephant"'].text == "elephant"


def test_the_negative_click_hits_where_the_mask_went_too_far(truth):
    labels = np.where(truth == MUG_ID, 7, 0).astype(np.uint16)
    labels[30:37, 50:57] = 7
    prompt = cue_prompts(truth, labels)["negative click beside the mug"]
    assert prompt.points == ((53.0, 33.0, 0),)
    assert (prompt.mode, prompt.instance_id) == (Mode.REFINE, 7)


def test_the_negative_click_on_a_perfect_mask_is_just_beside_the_object(truth):
    labels = np.where(truth == MUG_ID, 7, 0).astype(np.uint16)
    ((x, y, label),) = cue_prompts(truth, labels)["negative click beside the mug"].points
    assert label == 0
    assert truth[int(y), int(x)] != MUG_ID
    assert 15 <= x <= 55
    assert 0 <= y <= 35


def test_clicks_in_space_are_on_the_bottle_and_behind_it(truth):
    prompts = cue_prompts(truth, np.zeros_like(truth))
    camera = CameraModel.raw(80, 60, K)
    for name, z in (("on", 1.2), ("behind", 1.2 + HIDDEN_M)):
        click = prompts[f"3-D click {name} the bottle"]
        ((u, v),), _ = camera.project(np.array([[click.x, click.y, click.z]]))
        assert truth[round(v), round(u)] == BOTTLE_ID
        assert click.z == pytest.approx(z)


def test_a_click_in_space_needs_depth(truth):
    (cue,) = (cue for cue in clip_cues(NamedClip()) if cue.name == "3-D click on the bottle")
    with pytest.raises(ValueError, match="needs a picture with depth"):
        cue.make(OperatorView(truth, np.zeros_like(truth), {}))
