"""What memory a model takes, and that loading an official one makes no second copy of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from seem_ros.model.footprint import footprint, peak_bytes, weight_bytes
from seem_ros.model.seem import Seem
from support.loading_watch import wide

SLACK_MIB = 20  # of weights of 76 or 142: what Python and the allocator take besides
ROOT = Path(__file__).parents[2]


def test_weights_are_counted_once() -> None:
    one = nn.Linear(10, 10, bias=False)
    two = nn.Linear(10, 10, bias=False)
    two.weight = one.weight
    assert weight_bytes(nn.Sequential(one, two)) == 400
    assert weight_bytes(nn.Sequential(one, two).to(torch.bfloat16)) == 200
    parts = torch.zeros(20).split(10)  # of one storage, as in a mapped file
    one.weight, two.weight = (nn.Parameter(part.view(1, 10)) for part in parts)
    assert weight_bytes(nn.Sequential(one, two)) == 80


def test_the_footprint_names_weights_and_process() -> None:
    text = footprint(nn.Linear(1000, 1000, bias=False), torch.device("cpu"))
    assert text.startswith("4 MB of weights, at most ")
    most = int(text.split()[-5])
    assert abs(most - peak_bytes() / 1e6) <= 5


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """Paths of the same 142 MiB of weights in both formats."""
    folder = tmp_path_factory.mktemp("wide")
    state = {name: torch.zeros_like(x) for name, x in Seem(wide()).state_dict().items()}
    paths = {kind: folder / f"wide.{kind}" for kind in ("pt", "safetensors")}
    torch.save(state, paths["pt"])
    save_file(state, paths["safetensors"])
    return paths


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["pt", "safetensors"])
@pytest.mark.parametrize(("precision", "weights"), [("fp32", 142), ("bf16", 76)])
def test_weights_are_read_once_in_the_type_that_is_asked_for(
    files, kind, precision, weights
) -> None:
    command = [sys.executable, "-m", "support.loading_watch", str(files[kind]), precision]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "test"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    taken, most = map(float, done.stdout.split())
    assert taken == pytest.approx(weights, abs=2)
    assert most < weights + SLACK_MIB  # the file itself is mapped, and copied once
