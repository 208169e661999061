"""Checkpoint files: what loads, what is refused, and that nothing in a file ever runs."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from seem_ros.cli import main
from seem_ros.model import checkpoints
from seem_ros.model.checkpoints import assemble, find_checkpoint, load_official, recognise
from seem_ros.model.loading import load_model
from seem_ros.model.state_files import CheckpointError, read_state
from support.tiny_official import TINY, tiny_official


class Malicious:
    """A pickle that writes a file when it is loaded carelessly."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self):
        return (Path.touch, (self.victim,))


@pytest.fixture
def official(monkeypatch):
    """Let the tiny model pass for a published one; returns its state dict."""
    monkeypatch.setattr(checkpoints, "_STEMS", {(8, 3, 7, 7): "tiny"})
    monkeypatch.setattr(checkpoints, "load_config", lambda name: TINY)
    buffers = {"dilation_kernel": torch.ones(1, 1, 3, 3), "criterion.empty_weight": torch.ones(3)}
    return dict(tiny_official().state_dict()) | buffers


def test_malicious_pickle_is_refused_and_does_nothing(tmp_path):
    victim = tmp_path / "executed"
    for name, write in (("zip.pt", torch.save), ("raw.pt", _pickle)):
        write({"backbone.weight": Malicious(victim)}, tmp_path / name)
        with pytest.raises(CheckpointError, match="holds more than tensors"):
            read_state(tmp_path / name)
    assert not victim.exists()
    torch.load(tmp_path / "zip.pt", weights_only=False)  # the file is as malicious as it seems
    assert victim.exists()


def _pickle(content, path):
    path.write_bytes(pickle.dumps(content))


@pytest.mark.filterwarnings("error")
def test_no_warning_comes_between_the_user_and_the_reason(tmp_path):
    path = tmp_path / "fourth.pt"
    path.write_bytes(pickle.dumps({"a": [1, 2]}, protocol=4))
    with pytest.raises(CheckpointError, match="holds more than tensors"):
        read_state(path)


def test_malicious_pickle_is_refused_by_the_command_line(tmp_path, capsys):
    victim = tmp_path / "executed"
    torch.save({"x": Malicious(victim)}, tmp_path / "evil.pt")
    out = tmp_path / "out.safetensors"
    assert main(["convert", str(tmp_path / "evil.pt"), "--out", str(out)]) == 1
    assert "can run code and is refused" in capsys.readouterr().err
    assert not victim.exists() and not out.exists()


def test_official_file_loads_and_computes(tmp_path, official):
    torch.save(official, tmp_path / "seem.pt")
    model = load_official(tmp_path / "seem.pt")
    assert model.decoder.config.layout == "v1"
    assert torch.equal(model.encode_text(["a cup"]).sentence, _tiny_sentence())
    assert load_official(tmp_path / "seem.pt", "demo").decoder.config.layout == "demo"


def _tiny_sentence() -> torch.Tensor:
    return tiny_official().encode_text(["a cup"]).sentence


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_converted_file_computes_the_same(tmp_path, official, dtype):
    torch.save(official, tmp_path / "seem.pt")
    out = tmp_path / "seem.safetensors"
    assert main(["convert", str(tmp_path / "seem.pt"), "--out", str(out), "--dtype", dtype]) == 0
    sentence = load_model(out).model.encode_text(["a cup"]).sentence
    tolerance = 0.0 if dtype == "float32" else 0.05
    assert (sentence - _tiny_sentence()).abs().max() <= tolerance


def test_plain_safetensors_of_official_names_load(tmp_path, official):
    save_file({k: v.clone() for k, v in official.items()}, tmp_path / "seem.safetensors")
    assert torch.equal(
        load_official(tmp_path / "seem.safetensors").encode_text(["a cup"]).sentence,
        _tiny_sentence(),
    )


@pytest.mark.parametrize("name", ["seem.pt", "seem.safetensors"])
def test_a_loaded_model_does_not_need_its_file(tmp_path, official, name):
    path = tmp_path / name
    if path.suffix == ".pt":
        torch.save(official, path)
    else:
        save_file({k: v.clone() for k, v in official.items()}, path)
    model = load_official(path)
    path.write_bytes(b"\x55" * path.stat().st_size)  # into the file itself, as cp does
    assert torch.equal(model.encode_text(["a cup"]).sentence, _tiny_sentence())
    with path.open("r+b") as file:
        file.truncate(100)  # what was mapped of it would end the process
    assert torch.equal(model.encode_text(["a cup"]).sentence, _tiny_sentence())


def test_truncated_files_are_refused(tmp_path, official):
    torch.save(official, tmp_path / "seem.pt")
    whole = (tmp_path / "seem.pt").read_bytes()
    for share in (0.1, 0.5, 0.999):
        (tmp_path / "cut.pt").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(CheckpointError, match="truncated"):
            load_official(tmp_path / "cut.pt")
    save_file({"x": torch.ones(100)}, tmp_path / "cut.safetensors")
    whole = (tmp_path / "cut.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:-40])
    with pytest.raises(CheckpointError, match="truncated"):
        load_official(tmp_path / "cut.safetensors")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"<!doctype html><p>404", "a web page"), (b"not a pickle", "not a checkp")],
)
def test_other_files_are_refused(tmp_path, content, reason):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=reason):
        read_state(tmp_path / "x.pt")


def test_content_must_be_named_tensors(tmp_path):
    torch.save([torch.ones(3)], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match="holds a list"):
        read_state(tmp_path / "list.pt")
    torch.save({"model": {"a": torch.ones(3)}, "epoch": 3}, tmp_path / "wrapped.pt")
    with pytest.raises(CheckpointError, match="found model, epoch"):
        read_state(tmp_path / "wrapped.pt")


def test_other_models_are_refused(tmp_path):
    torch.save({"conv1.weight": torch.ones(64, 3, 7, 7)}, tmp_path / "resnet.pt")
    with pytest.raises(CheckpointError, match=r"resnet\.pt: not an official SEEM.*conv1"):
        load_official(tmp_path / "resnet.pt")
    with pytest.raises(CheckpointError, match="not an official"):
        recognise({"backbone.patch_embed.proj.weight": torch.ones(5, 3, 7, 7)})


def test_every_kind_of_wrong_key_is_named():
    state = dict(tiny_official().state_dict())
    del state["backbone.norm0.weight"]
    state["extra.weight"] = torch.ones(1)
    state["backbone.norm1.bias"] = torch.ones(7)
    with pytest.raises(CheckpointError) as error:
        assemble(TINY, state)
    assert "1 missing: backbone.norm0.weight" in str(error.value)
    assert "1 unexpected: extra.weight" in str(error.value)
    assert "backbone.norm1.bias (7,) instead of (16,)" in str(error.value)


def test_names_lead_to_published_files(monkeypatch, tmp_path):
    monkeypatch.setenv("SEEM_ROS_CACHE", str(tmp_path))
    assert find_checkpoint("focal_t").file == "seem_focalt_v1.pt"
    assert find_checkpoint("focal_l_v0").path == tmp_path / "models" / "seem_focall_v0.pt"
    with pytest.raises(ValueError, match="known are focal_t_v0"):
        find_checkpoint("focal_xl")
    with pytest.raises(FileNotFoundError, match="seem-ros download sam_vit_b_v1"):
        load_model("sam_vit_b")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.pt"):
        load_official(tmp_path / "nothing.pt")
