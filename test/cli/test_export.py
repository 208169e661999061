"""`seem-ros export`: nano itself in ONNX Runtime, compared, and used by name of its folder."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from seem_ros.cli import main
from seem_ros.prompts import Prompt
from seem_ros.resources import demo_clip_dir
from seem_ros.segmenter import Segmenter

pytest.importorskip("onnx", reason="needs onnx: requirements/export.txt")
pytest.importorskip("onnxruntime", reason="needs onnxruntime: requirements/export.txt")


SIZE = 384  # smaller than nano's own


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    command = ["export", "nano", "--format", "onnx", "--input-size", str(SIZE)]
    assert main([*command, "--out", str(folder)]) == 0
    return folder


def test_the_export_is_a_model_for_every_command(exported: Path, tmp_path: Path) -> None:
    picture = str(demo_clip_dir() / "frames" / "00000.jpg")
    mask = tmp_path / "mask.png"
    command = ["segment", picture, "--click", "320,240", "--out", str(mask)]
    assert main([*command, "--model", str(exported)]) == 0
    assert cv2.imread(str(mask), cv2.IMREAD_UNCHANGED).any()


def test_the_export_finds_the_same_things_by_words(exported: Path) -> None:
    rgb = cv2.imread(str(demo_clip_dir() / "frames" / "00000.jpg"))[..., ::-1].copy()
    masks = []
    for name, size in (("nano", SIZE), (str(exported), 0)):
        segmenter = Segmenter.from_pretrained(name, device="cpu", input_size=size)
        assert segmenter.model.config.input.size == SIZE
        segmenter.set_image(rgb)
        masks.append(segmenter.predict(Prompt(text="banana")).mask)
    assert masks[0].any()
    assert (masks[0] != masks[1]).mean() < 1e-3


@pytest.mark.parametrize("size", ["640", "8x8", "640x-480"])
def test_a_size_that_is_none_is_refused(size: str, tmp_path: Path, capsys) -> None:
    assert main(["export", "nano", "--out", str(tmp_path / "out"), "--size", size]) != 0
    assert "WIDTHxHEIGHT" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
