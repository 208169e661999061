"""Places are compared with what is remembered of an object and of what was around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seem_ros.model.transfers import Downloads
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.memory import (
    OTHER_CELLS,
    OWN_CELLS,
    Cells,
    apart_from,
    cells_of,
    confusable,
    resemblances,
)
from support.tiny_seem import tiny_seem


def maps(kinds: np.ndarray) -> list[torch.Tensor]:
    """Return the map of a picture of (h, w) cells of stride 8, one direction for each kind."""
    context = torch.zeros(1, 4, *kinds.shape)
    for kind in range(4):
        context[0, kind] = torch.from_numpy(3.0 * (kinds == kind))
    return [context]


def _alike(
    maps: list[torch.Tensor], size: tuple[int, int], memory: Cells, where: np.ndarray | None = None
) -> np.ndarray:
    return resemblances(maps, size, [([memory], where)], Downloads())[0]


def cover(mask: np.ndarray) -> np.ndarray:
    return np.kron(mask, np.ones((2, 2))).astype(np.float32)


def test_an_object_is_found_where_it_went_and_known_background_is_not():
    before, after = np.zeros((6, 8), int), np.zeros((6, 8), int)
    before[1:3, 1:3], before[4, 6] = 1, 2
    after[3:5, 4:6], after[0, 0] = 1, 2
    memory = cells_of(maps(before), cover(before == 1), (12, 16), Downloads())
    assert (memory.own.shape, memory.others.shape) == ((4, 4), (44, 4))
    alike = _alike(maps(after), (12, 16), memory)
    assert alike.dtype == np.float32
    np.testing.assert_allclose(alike[after == 1], 1.0, atol=1e-3)
    np.testing.assert_allclose(alike[after == 0], -1.0, atol=1e-3)
    assert alike[0, 0] == pytest.approx(-1 / 3, abs=1e-3)  # seen once, and three are averaged


def test_a_look_alike_does_not_count_as_something_else():
    kinds = np.zeros((6, 8), int)
    kinds[1:3, 1:3], kinds[1:3, 5:7], kinds[4:6, 3:5] = 1, 1, 2
    parts = [np.zeros((6, 8), bool) for _ in range(3)]
    parts[0][1:3, 1:3], parts[1][1:3, 5:7], parts[2][4:6, 3:5] = True, True, True
    one, twin, other = (
        cells_of(maps(kinds), cover(part), (12, 16), Downloads()) for part in parts
    )
    assert confusable(one, twin)
    assert not confusable(one, other)
    assert _alike(maps(kinds), (12, 16), one)[1, 1] == pytest.approx(0, abs=1e-3)
    apart = replace(one, others=one.others[apart_from(one, twin)])
    alike = _alike(maps(kinds), (12, 16), apart)
    np.testing.assert_allclose(alike[kinds == 1], 1.0, atol=1e-3)
    np.testing.assert_allclose(alike[kinds == 2], -1.0, atol=1e-3)


def test_only_the_asked_cells_and_those_of_the_picture_are_answered():
    kinds = np.ones((6, 8), int)
    memory = Cells(torch.eye(4)[1:2], torch.eye(4)[:1])
    where = np.zeros((40, 60), bool)
    where[:10, 50:] = True
    alike = _alike(maps(kinds), (11, 15), memory, where)
    assert alike.shape == (6, 8)
    assert alike[0, 7] == pytest.approx(1.0)
    assert (alike[3:] == -1).all()
    assert (alike[:, :5] == -1).all()


def test_what_is_remembered_is_bounded_and_small_things_are_remembered_too():
    kinds = np.zeros((40, 60), int)
    kinds[5:35, 5:55] = 1
    memory = cells_of(maps(kinds), cover(kinds == 1), (80, 120), Downloads())
    assert 0 < len(memory.own) <= OWN_CELLS
    assert 0 < len(memory.others) <= OTHER_CELLS
    speck = np.zeros((80, 120), np.float32)
    speck[7, 9] = 0.5
    memory = cells_of(maps(kinds), speck, (80, 120), Downloads())
    assert len(memory.own) == 1
    assert memory.own.dtype == torch.float16


def test_a_segmenter_tells_where_the_picture_is_like_what_it_remembers():
    segmenter = Segmenter(tiny_seem())
    rgb = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    picture = segmenter.look(rgb)
    mask = np.zeros((60, 90), bool)
    mask[24:56, 32:72] = True
    memory = picture.remember(mask)
    alike = picture.resemblance([memory])
    rows, columns = alike.shape
    inside = mask[:: 60 // rows, :: 90 // columns][:rows, :columns]
    assert alike[inside].mean() > alike[~inside].mean()
    assert np.unravel_index(alike.argmax(), alike.shape) in set(
        zip(*np.nonzero(inside), strict=True)
    )
    assert picture.resemblance([]) is None
    assert picture.resemblance([picture.remember(mask, places=False)]) is None
    twin = picture.remember(mask)
    assert segmenter.confusable([memory], [twin])
    assert picture.resemblance([memory], None, [twin]).mean() > alike.mean()


def test_a_model_without_dense_prompts_remembers_its_tokens_alone():
    segmenter = Segmenter(tiny_seem(dense_prompts=None))
    picture = segmenter.look(np.zeros((60, 90, 3), np.uint8))
    memory = picture.remember(np.ones((60, 90), bool))
    assert memory.tokens.mean.shape[:2] == (1, 1)
    assert memory.cells is None
    assert picture.resemblance([memory]) is None
    assert not segmenter.confusable([memory], [memory])
