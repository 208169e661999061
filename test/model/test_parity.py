"""Our SEEM against numbers of the official code, with weights made from parameter names.

Each case must agree within its limits in one of several correct orders of summation: see
``support/golden_orders.py``. ``benchmarks/parity.py`` runs the same on any folder of cases.
"""

from __future__ import annotations

import json
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest
import torch

from support import golden_orders
from support.golden import Case, Check, compare, load_case, load_cases
from support.golden_calls import Official
from support.golden_labels import check_case, runner_of
from support.golden_orders import ORDERS, check_in_orders

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
    return Official(load_case(GOLDEN, "vocab").outputs["text_emb"])


def test_every_case_is_run():
    assert {case.name for case in load_cases(GOLDEN)} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_computes_what_the_official_code_computes(official, name):
    order, checks = check_in_orders(official, load_case(GOLDEN, name))
    exceeding = [
        f"{c.quantity}: error {c.error:.2e} is {c.worst:.1f} times the limit ({c.limit}) {c.note}"
        f" with {order}"
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


@pytest.fixture
def exceeding_with_wrong(official, monkeypatch):
    """Change a weight of Focal-T a little and give what exceeds its limit in each order tried."""

    def run(name: str, part: str) -> list[set[str]]:
        case, exceeding = load_case(GOLDEN, name), []
        official.use("focalt_unicl_lang_v1")
        official.features.clear()

        def check_and_keep(*call) -> list[Check]:
            checks = check_case(*call)
            exceeding.append({check.quantity for check in checks if not check.passed})
            return checks

        monkeypatch.setattr(golden_orders, "check_case", check_and_keep)
        weight = attrgetter(part)(official.model)
        with torch.inference_mode():  # the fixture loads them so
            kept = weight.clone()
            weight.mul_(1.0001)
            _, nearest = check_in_orders(official, case)
            weight.copy_(kept)
        assert {check.quantity for check in nearest if not check.passed} in exceeding
        return exceeding

    return run


def test_wrong_weights_pass_in_no_order(exceeding_with_wrong):
    exceeding = exceeding_with_wrong("text_tokens", "language.lang_proj")
    assert exceeding == [{"token_emb_valid", "class_emb"}] * len(ORDERS)


@pytest.mark.slow
def test_wrong_weights_pass_in_no_order_where_rounding_flips_queries(exceeding_with_wrong):
    exceeding = exceeding_with_wrong("demo_bigscribble", "decoder.level_embed.weight")
    assert len(exceeding) == len(ORDERS)
    assert set.intersection(*exceeding) >= {"pred_logits", "match_score"}


def test_the_first_order_that_fits_ends_it(monkeypatch):
    threads, seen = torch.get_num_threads(), []

    def check(official: Official, case: Case) -> list[Check]:
        seen.append((torch.get_num_threads(), torch.backends.mkldnn.enabled))
        assert official.features == {}  # nothing of another order is left
        official.features["image"] = "of this order"
        worst = {1: 3.0, 2: 2.0}[torch.get_num_threads()]
        if not torch.backends.mkldnn.enabled:
            worst /= fits
        return [Check("c", "x", 0.0, "", 0.1), Check("c", "y", 0.0, "", worst)]

    monkeypatch.setattr(golden_orders, "check_case", check)
    fits = 3.0
    order, checks = check_in_orders(Official(None), _case(np.zeros(1)))
    assert order == (1, False)
    assert [c.worst for c in checks] == [0.1, 1.0]
    assert seen == [(1, True), (2, True), (1, False)]
    fits = 1.5
    order, checks = check_in_orders(Official(None), _case(np.zeros(1)))
    assert order == (2, False)
    assert not checks[1].passed
    assert seen[3:] == list(ORDERS)
    assert torch.get_num_threads() == threads
    assert torch.backends.mkldnn.enabled


def test_index_names_images_by_rule():
    index = json.loads((GOLDEN / "index.json").read_text())
    shape = load_case(GOLDEN, "focall_features").image().shape
    assert index["images"]["image_l.png"]["rule"] == "image('pub-l', 224, 320)"
    assert shape == (224, 320, 3)
