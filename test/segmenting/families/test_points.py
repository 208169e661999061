"""Official models behind the Segmenter: every kind of prompt, on a tiny random model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from seem_ros.model.features import QueryOutput
from seem_ros.model.official import with_layout
from seem_ros.prompts import Prompt, Stroke
from seem_ros.prompts.rasterize import SpatialMasks
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.families.box_points import OUTSIDE, add_box
from seem_ros.segmenting.families.points import PointFamily
from seem_ros.segmenting.question import Question
from support.drawn_images import drawn_image
from support.tiny_official import TINY, tiny_official

HEIGHT, WIDTH = 90, 120
GROUPS = ("object", "grounding")
SURE = 1 / (1 + np.exp(-5.0))  # mask score of logits of 5
CLICK = Prompt(points=((40.0, 30.0, 1),))
EXAMPLE_MASK = np.zeros((HEIGHT, WIDTH), bool)
EXAMPLE_MASK[20:60, 30:90] = True
PROMPTS = {
    "click": CLICK,
    "clicks": Prompt(points=((40.0, 30.0, 1), (100.0, 80.0, 0))),
    "stroke": Prompt(strokes=(Stroke(((10.0, 10.0), (60.0, 50.0))),)),
    "mask": Prompt(mask=EXAMPLE_MASK),
    "box": Prompt(boxes=((20.0, 10.0, 80.0, 70.0),)),
    "click and text": Prompt(points=((40.0, 30.0, 1),), text="red cup"),
    "example": Prompt(example=(drawn_image("other", HEIGHT, WIDTH), EXAMPLE_MASK)),
}


def _segmenter(layout: str = "v1") -> Segmenter:
    model = tiny_official()
    model.decoder.config = with_layout(TINY, layout, spatial_sees_text=True).decoder
    segmenter = Segmenter(model)
    segmenter.set_image(drawn_image("scene", HEIGHT, WIDTH))
    return segmenter


@pytest.fixture(scope="module", params=["v1", "demo"])
def segmenter(request):
    return _segmenter(request.param)


@pytest.mark.parametrize("name", PROMPTS)
def test_each_kind_of_prompt_gives_a_mask_of_the_images_size(segmenter, name):
    first, again = (segmenter.predict(PROMPTS[name]) for _ in range(2))
    assert first.mask.shape == (HEIGHT, WIDTH)
    assert first.found == first.mask.any()
    assert np.array_equal(first.mask, again.mask)  # no random queries, no random points


def test_prompts_do_not_depend_on_what_else_is_asked(segmenter):
    together = segmenter.predict_batch(list(PROMPTS.values()))
    for prompt, result in zip(PROMPTS.values(), together, strict=True):
        alone = segmenter.predict(prompt)
        assert (alone.mask != result.mask).mean() < 1e-3


def test_more_than_32_objects_with_memory_in_one_call(segmenter):
    prompts = [Prompt(points=((3.0 * i + 1, 2.0 * i + 1, 1),)) for i in range(40)]
    results = segmenter.predict_batch(prompts)
    again = segmenter.predict_batch(prompts, results)
    assert len(again) == 40
    assert all(result.mask.shape == (HEIGHT, WIDTH) for result in again)


def test_the_last_mask_is_a_prompt():
    segmenter = _segmenter("v1")
    first = segmenter.predict(CLICK)
    lone = segmenter.predict(CLICK)
    for sure in (-8.0, 8.0):
        previous = dataclasses.replace(first, logits=np.full_like(first.logits, sure))
        other = segmenter.predict(CLICK, previous)
        assert not np.allclose(other.logits, lone.logits)


def test_background_clicks_alone_are_refused(segmenter):
    with pytest.raises(ValueError, match="only negative evidence"):
        segmenter.predict(Prompt(points=((40.0, 30.0, 0),)))


def test_words_that_fit_nothing_are_not_found(segmenter):
    config = segmenter.model.config
    kept, segmenter.model.config = config, dataclasses.replace(config, thresholds={"text": 1.1})
    strict = Segmenter(segmenter.model)
    segmenter.model.config = kept
    result = strict.look(segmenter.picture.rgb).answer([Question(Prompt(text="zebra"))])[0]
    assert not result.found and not result.mask.any() and result.objects == []


def test_words_can_match_several_things(segmenter, monkeypatch):
    family, picture = PointFamily(segmenter.model, segmenter.device), segmenter.picture
    rows, columns = picture.features.mask_features.shape[-2:]
    logits = torch.full((1, 4, rows, columns), -5.0)
    logits[0, 0, :4] = logits[0, 1, :5] = 5.0  # the same object twice
    logits[0, 2, 10:] = logits[0, 3] = 5.0
    output = QueryOutput(torch.eye(4)[None], torch.eye(4)[None], logits)
    monkeypatch.setattr(segmenter.model, "decode", lambda *_: dict.fromkeys(GROUPS, output))
    monkeypatch.setattr(family, "fits", lambda *_: torch.tensor([0.8, 0.7, 0.9, 0.4]))
    matches = family.named(picture, Prompt(text="cup")).matches
    assert [int(match.embedding.argmax()) for match in matches] == [2, 0]
    assert [match.score for match in matches] == pytest.approx([0.9 * SURE, 0.8 * SURE])


def test_a_mask_ends_where_its_box_ends(segmenter):
    x0, y0, x1, y1 = PROMPTS["box"].boxes[0]
    mask = segmenter.predict(PROMPTS["box"]).mask
    margin = 8  # a cell of the stride-4 grid at the scale of this small input
    outside = np.ones_like(mask)
    outside[int(y0) - margin : int(y1) + margin, int(x0) - margin : int(x1) + margin] = False
    assert not (mask & outside).any()
    assert OUTSIDE < 0


def test_box_strokes_give_way_to_clicks():
    empty = np.zeros((HEIGHT, WIDTH), bool)
    clicked = empty.copy()
    clicked[38:43, 48:53] = True
    masks = add_box(SpatialMasks(empty, clicked), (20.0, 10.0, 80.0, 70.0))
    assert masks.positive[40, 60] and not masks.positive[40, 50]
    assert masks.negative[40, 50] and not (masks.positive & masks.negative).any()
    assert not masks.positive[40, 25] and np.array_equal(masks.negative, clicked)


def test_runs_in_bfloat16():
    segmenter = Segmenter(tiny_official().to(torch.bfloat16))
    segmenter.set_image(drawn_image("scene", HEIGHT, WIDTH))
    for prompt in PROMPTS.values():
        assert segmenter.predict(prompt).mask.shape == (HEIGHT, WIDTH)
    assert segmenter.panoptic()[0].shape == (HEIGHT, WIDTH)


def test_panoptic_does_not_depend_on_earlier_prompts(segmenter):
    before = segmenter.panoptic()[0]
    segmenter.predict(CLICK)
    assert np.array_equal(segmenter.panoptic()[0], before)
