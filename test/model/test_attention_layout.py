"""Who sees whom, as the specification lists it."""

from __future__ import annotations

import torch

from seem_ros.model.attention_layout import Row, visibility, visibility_table
from seem_ros.model.config import DecoderConfig

CPU = torch.device("cpu")


def _sees(config: DecoderConfig, row: Row) -> set[Row]:
    table = visibility_table(config, CPU)
    return {kind for kind in Row if table[row, kind]}


def test_in_the_demo_object_queries_see_every_prompt() -> None:
    config = DecoderConfig(layout="demo")
    expected = {Row.OBJECT, Row.TEXT, Row.POINT, Row.VISUAL}
    assert _sees(config, Row.OBJECT) == expected
    assert _sees(config, Row.TEXT) == {Row.OBJECT, Row.TEXT}
    assert _sees(config, Row.POINT) == {Row.POINT}


def test_in_v1_object_queries_never_see_a_prompt() -> None:
    config = DecoderConfig(layout="v1", spatial_sees_text=False)
    assert _sees(config, Row.OBJECT) == {Row.OBJECT}
    assert _sees(config, Row.GROUNDING) == {Row.GROUNDING, Row.TEXT}
    assert _sees(config, Row.SPATIAL) == {Row.SPATIAL, Row.POINT, Row.VISUAL, Row.MEMORY}
    assert _sees(config, Row.MEMORY) == {Row.MEMORY}


def test_options_open_text_and_points_to_each_other() -> None:
    config = DecoderConfig(layout="v0", spatial_sees_text=True, grounding_sees_points=True)
    assert Row.TEXT in _sees(config, Row.SPATIAL)
    assert Row.POINT in _sees(config, Row.GROUNDING)


def test_rows_of_other_objects_and_padding_are_hidden() -> None:
    table = visibility_table(DecoderConfig(layout="v1", spatial_sees_text=False), CPU)
    kinds = torch.tensor([Row.SPATIAL, Row.SPATIAL, Row.POINT, Row.POINT, Row.POINT])
    objects = torch.tensor([[0, 1, 0, 1, 1]])
    valid = torch.tensor([[True, True, True, True, False]])
    mask = visibility(table, kinds, objects, valid)[0, 0]
    assert mask[0].tolist() == [True, False, True, False, False]
    assert mask[1].tolist() == [False, True, False, True, False]
    assert mask[3].tolist() == [False, False, False, True, False]
    assert not mask[4].any()
