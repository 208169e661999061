"""Model files: what is written is read, anything else is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from seem_ros.model import weights_file
from seem_ros.model.loading import load_model
from seem_ros.model.weights_file import is_model_file, load_file_model, save_model
from seem_ros.resources import weights_path
from support.tiny_seem import tiny_seem


def test_round_trip(tmp_path: Path) -> None:
    model = tiny_seem()
    path = tmp_path / "tiny.safetensors"
    save_model(model, path, torch.float32)
    assert is_model_file(path)
    loaded = load_file_model(path).model
    assert loaded.config == model.config
    for (name, ours), (other, theirs) in zip(
        model.state_dict().items(), loaded.state_dict().items(), strict=True
    ):
        assert name == other
        assert torch.equal(ours, theirs), name


def test_words_in_half_precision_take_a_byte_a_number(tmp_path: Path) -> None:
    model = tiny_seem()
    table = next(k for k in model.state_dict() if k.endswith("word_embeddings.weight"))
    path = tmp_path / "tiny.safetensors"
    save_model(model, path)
    assert load_file(path)[table].dtype == torch.int8
    ours, theirs = model.state_dict()[table], load_file_model(path).model.state_dict()[table]
    assert theirs.dtype == torch.float32
    assert not torch.equal(ours, theirs)
    assert (ours - theirs).abs().amax(1).le(ours.abs().amax(1) / 200 + 1e-6).all()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    model = tiny_seem()
    save_model(model, path)
    state = load_file(path)
    del state["sem_seg_head.predictor.class_embed"]
    metadata = {"format": "seem_ros/1", "config": model.config.to_json()}
    save_file(state, path, metadata)
    with pytest.raises(ValueError, match="missing sem_seg_head.predictor.class_embed"):
        load_file_model(path)


def test_truncated_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    save_model(tiny_seem(), path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        load_file_model(path)
    save_file({"a": torch.zeros(1)}, path)
    assert not is_model_file(path)
    with pytest.raises(ValueError, match="not a seem_ros model file"):
        load_file_model(path)


def test_a_missing_file_and_an_unknown_name_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such checkpoint file"):
        load_model(tmp_path / "nothing.pt")
    with pytest.raises(ValueError, match="no checkpoint 'nanoo'"):
        load_model("nanoo")


def test_nano_is_small_and_holds_its_own_tokenizer() -> None:
    path = weights_path("nano")
    assert path.stat().st_size < 60e6
    model = load_model("nano").model
    ids, valid = model.language.tokenizer(["red mug", "mug"])
    assert ids.shape == valid.shape == (2, 4)
    assert valid.tolist() == [[True] * 4, [True, True, True, False]]


def test_a_part_whose_file_was_taken_away_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def without_detector(name: str) -> Path:
        if name == "detector":
            raise FileNotFoundError("detector.safetensors does not exist")
        return weights_path(name)

    monkeypatch.setattr(weights_file, "weights_path", without_detector)
    helpers = load_file_model(weights_path("nano")).helpers
    assert helpers.detector is None
    assert helpers.recogniser is not None
    assert helpers.refiner is not None
    assert "works without its detector: detector.safetensors does not exist" in caplog.text
