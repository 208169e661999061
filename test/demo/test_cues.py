"""The operator of the demo looks at the picture."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.demo.cues import BANANA, CUBE, RED_MUG, View, clip_cues, inner_point
from seem_ros.prompts import Mode

MUG_ID, BANANA_ID, CUBE_ID = 2, 3, 15


class NamedClip:
    """Knows the ids of three meshes, as Clip does."""

    def id_of(self, mesh):
        """Return the id of a mesh."""
        return {RED_MUG: MUG_ID, BANANA: BANANA_ID, CUBE: CUBE_ID}[mesh]


@pytest.fixture
def truth():
    """Return a label image with a mug of 11x11 pixels and a banana of 5x20."""
    labels = np.zeros((60, 80), np.uint16)
    labels[10:21, 30:41] = MUG_ID
    labels[40:45, 5:25] = BANANA_ID
    return labels


def cue_prompts(truth, labels):
    """Return the prompts of the clip's script by the name of their cue."""
    view = View(truth, labels, {"click on the red mug": 7})
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
