"""Parameter names and shapes of the six published checkpoints, key for key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from seem_ros.model.checkpoints import CHECKPOINTS, UNUSED, load_config, recognise
from seem_ros.model.seem import Seem

MANIFESTS = Path(__file__).parents[1] / "golden" / "state_dicts"


def _manifest(config: str) -> dict[str, list[int]]:
    return json.loads((MANIFESTS / f"{config}.json").read_text())


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_state_dict_is_the_official_one(name):
    official = _manifest(CHECKPOINTS[name].config)
    assert set(UNUSED) <= official.keys()
    with torch.device("meta"):
        model = Seem(load_config(CHECKPOINTS[name].config))
    own = {key: list(value.shape) for key, value in model.state_dict().items()}
    assert own == {key: shape for key, shape in official.items() if key not in UNUSED}
    assert sum(p.numel() for p in model.parameters()) == CHECKPOINTS[name].parameters


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoint_is_recognised_by_its_tensors(name):
    official = _manifest(CHECKPOINTS[name].config)
    state = {key: torch.empty(shape, device="meta") for key, shape in official.items()}
    assert recognise(state).name == CHECKPOINTS[name].config


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_registered_size_is_that_of_the_tensors(name):
    official = _manifest(CHECKPOINTS[name].config)
    numbers = sum(int(torch.Size(shape).numel()) for shape in official.values())
    assert CHECKPOINTS[name].tensor_bytes == 4 * numbers
