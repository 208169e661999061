"""Our SEEM against numbers of the official code, with weights made from parameter names.

``benchmarks/parity.py`` runs the same checks on any folder of golden cases.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from support.golden import Case, compare, load_case, load_cases
from support.golden_calls import Official
from support.golden_labels import check_case, runner_of

GOLDEN = Path(__file__).parents[1] / "golden"
# Sorted by model, so that one of them is in memory at a time.
CASES = (
    "features_a",
    "panoptic_a",
    "demo_click_text",
    "demo_bigscribble",
    "demo_visual_click",
    "v0_visual",
    "v0_grounding_spatial",
    "v1_rounds_2obj",
    "v1_grounding_2texts",
    "text_tokens",
    "text_templates",
    "vocab",
    "panoptic_unit",
    "next_click",
    "focall_features",
    "samvitb_features",
)


@pytest.fixture(scope="module")
def official():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # one order of summation, see benchmarks/parity.py
    yield Official(load_case(GOLDEN, "vocab").outputs["text_emb"])
    torch.set_num_threads(threads)


def test_every_case_is_run():
    assert {case.name for case in load_cases(GOLDEN)} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_computes_what_the_official_code_computes(official, name):
    checks = check_case(official, load_case(GOLDEN, name))
    exceeding = [
        f"{c.quantity}: error {c.error:.2e} is {c.worst:.1f} times the limit ({c.limit}) {c.note}"
        for c in checks
        if not c.passed
    ]
    assert len(checks) > 0
    assert exceeding == []


def _case(reference: np.ndarray, **noise: float) -> Case:
    return Case("c", {"noise_floor": {"x": noise}}, {}, {"x": reference}, GOLDEN)


def test_floats_may_move_ten_times_the_noise_and_no_more():
    case = _case(np.ones(1000, np.float32), max=1e-5, mean=1e-6)
    out = np.ones(1000, np.float32)
    out[3] += 9e-5
    assert compare(case, "x", out).passed
    out[3] += 3e-5
    assert not compare(case, "x", out).passed  # one value too far
    assert not compare(case, "x", np.ones(1000, np.float32) + np.float32(2e-5)).passed  # the mean
    assert not compare(case, "x", np.ones(999, np.float32)).passed


def test_masks_may_differ_in_one_pixel_of_ten_thousand():
    mask = np.zeros((500, 500), bool)
    case = _case(mask)
    out = mask.copy()
    out.flat[:25] = True
    assert compare(case, "x", out).passed
    out.flat[:26] = True
    assert not compare(case, "x", out).passed
    small = _case(np.zeros(9, bool))
    assert not compare(small, "x", np.eye(1, 9, dtype=bool)[0]).passed


def test_an_output_nobody_computes_fails():
    case = load_case(GOLDEN, "next_click")
    case.outputs["unknown"] = np.zeros(3)
    failed = [c.quantity for c in check_case(Official(None), case) if not c.passed]
    assert failed == ["unknown"]


def test_cases_of_unknown_kind_are_refused():
    with pytest.raises(ValueError, match="no way known"):
        runner_of(_case(np.zeros(1)))


def test_wrong_weights_do_not_pass(official):
    case = load_case(GOLDEN, "text_tokens")
    check_case(official, case)
    weight = official.model.language.lang_proj
    with torch.inference_mode():  # the fixture loads them so
        kept = weight.clone()
        weight.mul_(1.0001)
        failed = {c.quantity for c in check_case(official, case) if not c.passed}
        weight.copy_(kept)
    assert failed == {"token_emb_valid", "class_emb"}


def test_index_names_images_by_rule():
    index = json.loads((GOLDEN / "index.json").read_text())
    shape = load_case(GOLDEN, "focall_features").image().shape
    assert index["images"]["image_l.png"]["rule"] == "image('pub-l', 224, 320)"
    assert shape == (224, 320, 3)
