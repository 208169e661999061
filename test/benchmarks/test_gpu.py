"""The table of a GPU, made on the CPU with tiny sizes."""

from __future__ import annotations

import json

import pytest
import torch

from benchmarks import gpu
from support.tiny_official import tiny_official

TINY = [
    "--device", "cpu", "--sizes", "96x64", "--frames", "2", "--peak-side", "32",
    "--compile", "off",
]  # fmt: skip


@pytest.fixture(autouse=True)
def tiny(monkeypatch) -> None:
    monkeypatch.setattr(gpu, "random_model", lambda name, half: tiny_official())


def test_a_row_for_each_case(tmp_path, capsys) -> None:
    out = tmp_path / "gpu.json"
    options = ["--models", "focal_t", "--instances", "1", "3", "--precisions", "fp32", "bf16"]
    assert gpu.main([*TINY, *options, "--json", str(out)]) == 0
    rows = json.loads(out.read_text())["rows"]
    cases = [(row["case"]["precision"], row["case"]["instances"]) for row in rows]
    assert cases == [("fp32", 1), ("fp32", 3), ("bf16", 1), ("bf16", 3)]
    for row in rows:
        assert row["weights"] == "random"
        assert row["fps"] == pytest.approx(1000 / row["median_ms"])
        assert row["p99_ms"] >= row["median_ms"]
        assert row["roofline"] > 0
        assert row["waits"] is None
    whole, _, halved, _ = (row["weights_mib"] for row in rows)
    assert whole == sum(x.numel() for x in tiny_official().parameters()) * 4 / gpu.MIB
    assert halved < whole
    printed = capsys.readouterr().out
    assert printed.count("focal_t (random weights) | 96x64") == 4


def test_what_there_is_no_time_for_is_named(capsys) -> None:
    assert gpu.main([*TINY, "--models", "focal_t", "--minutes", "0"]) == 0
    assert capsys.readouterr().out.count("left out, no time") == 9


def test_the_peak_is_that_of_products() -> None:
    assert gpu.peak_flops(torch.device("cpu"), torch.float32, 64) > 1e6
