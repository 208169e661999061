"""The second eye's weights beside the networks of their package, run by ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors import safe_open

from seem_ros.model.config import SeemConfig
from seem_ros.model.helpers.mask_decoder import PADDING
from seem_ros.model.weights_file import load_second_eye
from seem_ros.resources import weights_path
from support.tiny_seem import TINY
from training.teacher.mobile_sam import MobileSam
from training.weights.second_eye import FOLDER, second_eye


@pytest.fixture(scope="module")
def peer() -> MobileSam:
    pytest.importorskip("onnx", reason="needs onnx: requirements/export.txt")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime: requirements/export.txt")
    try:
        return MobileSam(FOLDER)
    except RuntimeError as error:
        pytest.skip(str(error))


@torch.inference_mode()
def test_encoder_and_decoder_give_the_packages_numbers(peer: MobileSam) -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (1024, 1024, 3)).astype(np.uint8)
    peer.set_image(rgb)
    theirs = torch.from_numpy(peer._embedding)
    eye = second_eye(FOLDER)
    ours = eye.look(torch.from_numpy(rgb).permute(2, 0, 1))
    assert float((ours - theirs).norm() / theirs.norm()) < 1e-4
    previous = None
    for points, labels, box in (
        ([(400, 300)], [1], None),
        ([], [], (200, 200, 700, 600)),
        ([(400, 300), (600, 500)], [1, 0], None),
        ([(400, 300)], [1], (200, 200, 700, 600)),
    ):
        answer = peer.predict(points, labels, box, previous)
        corners = [] if box is None else [box[:2], box[2:]]
        places = torch.tensor([*points, *(corners or [(0, 0)])]) + 0.5
        kinds = [*labels, *([2, 3] if box else [PADDING])]
        shown = None if previous is None else torch.from_numpy(previous)
        logits, expected = eye.answer(theirs, places, kinds, shown)
        best = 0 if len(kinds) > 2 else 1 + int(expected[1:].argmax())  # as the package chooses
        assert float(expected[best]) == pytest.approx(answer.score, abs=1e-4)
        torch.testing.assert_close(logits[best], torch.from_numpy(answer.low), atol=1e-3, rtol=0)
        previous = answer.low


def test_the_shipped_file_has_this_encoder_and_says_whose_weights_these_were(
    peer: MobileSam,
) -> None:
    shipped = load_second_eye(SeemConfig.from_dict(TINY))
    assert shipped is not None
    trained = set()
    for name, value in second_eye(FOLDER).state_dict().items():
        row = value.abs().flatten(1).amax(1) if value.dim() > 1 else value.abs()
        step = row.view(-1, *[1] * (value.dim() - 1)) / 127
        off = (shipped.state_dict()[name] - value).abs()
        if bool((off > 0.51 * step + 1e-3 * value.abs() + 1e-6).any()):
            trained.add(name.split(".")[0])
    assert trained == {"prompts", "decoder"}
    with safe_open(weights_path("second_eye"), "pt") as file:
        assert "Apache-2.0" in file.metadata()["licence"]
        assert "decoder trained" in file.metadata()["source"]
