"""Mixed weights lie between both models; longer tables of queries keep the old model's length."""

from __future__ import annotations

import pytest
import torch

from training.weights.mixed import mixed


def state(value: float, queries: int) -> dict[str, torch.Tensor]:
    return {
        "conv.weight": torch.full((2, 3), value),
        "query_feat.weight": torch.full((queries, 4), value),
        "norm.num_batches_tracked": torch.tensor(int(value)),
    }


def test_weights_lie_between_and_counts_are_the_old_ones() -> None:
    result = mixed(state(0.0, 5), state(8.0, 7), 0.25)
    assert torch.equal(result["conv.weight"], torch.full((2, 3), 2.0))
    assert torch.equal(result["query_feat.weight"], torch.full((5, 4), 2.0))
    assert int(result["norm.num_batches_tracked"]) == 0


def test_a_shorter_table_leaves_the_rest_as_it_was() -> None:
    rows = mixed(state(0.0, 5), state(8.0, 3), 1.0)["query_feat.weight"][:, 0]
    assert rows.tolist() == [8.0, 8.0, 8.0, 0.0, 0.0]


def test_other_models_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        mixed(state(0.0, 5), {}, 0.5)
    odd = state(8.0, 5) | {"conv.weight": torch.ones(3, 3)}
    with pytest.raises(ValueError, match="3 rows, not 2"):
        mixed(state(0.0, 5), odd, 0.5)
