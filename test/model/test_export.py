"""Exports: the same numbers as PyTorch's, PyTorch for all that was not exported, clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

pytest.importorskip("onnx", reason="needs onnx: requirements/export.txt")

from seem_ros.model import accelerated
from seem_ros.model.accelerated import INDEX, AcceleratedSeem, flatten, load_export
from seem_ros.model.config import DetectorConfig
from seem_ros.model.exporting import export_encoder, export_model
from seem_ros.model.features import PromptBatch
from seem_ros.model.helpers import Helpers
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.loading import load_model
from seem_ros.model.seem import Seem
from seem_ros.model.windows import Window
from seem_ros.segmenter import Segmenter
from support.tiny_official import tiny_official
from support.tiny_seem import points, tiny_seem

SIZE, OTHER = (64, 96), (96, 64)
RUNTIMES = {"onnx": "onnxruntime", "openvino": "openvino"}


@pytest.fixture(scope="module", params=sorted(RUNTIMES))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name = RUNTIMES[request.param]
    pytest.importorskip(name, reason=f"needs {name}: requirements/export.txt")
    out = tmp_path_factory.mktemp(request.param)
    export_model(LoadedModel(tiny_seem()), out, request.param, [SIZE])
    return out


@pytest.fixture(scope="module")
def exported(folder: Path) -> AcceleratedSeem:
    return load_export(folder).model


def image(size: tuple[int, int]) -> torch.Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(5)) * 2 - 1


@torch.inference_mode()
def decoded(model: Seem, count: int, size: tuple[int, int] = SIZE):
    features = model.encode_image(image(size))
    planes = torch.rand(count, 4, size[0] // 4, size[1] // 4,
                        generator=torch.Generator().manual_seed(6))  # fmt: skip
    tokens = model.spatial_tokens(features, points(4, count))
    batch = PromptBatch(per_image=count, groups=("spatial",), points=tokens, planes=planes)
    return model.decode(features, batch)["spatial"]


@torch.inference_mode()
def test_images_become_the_same_features(exported: AcceleratedSeem) -> None:
    ours, theirs = (m.encode_image(image(SIZE)) for m in (exported, tiny_seem()))
    assert ours.size == theirs.size
    assert len(ours.keys_values) == len(theirs.keys_values) == 3
    for a, b in zip(flatten(ours), flatten(theirs), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_prompts_gets_the_same_masks(exported: AcceleratedSeem, count: int) -> None:
    ours, theirs = decoded(exported, count), decoded(tiny_seem(), count)
    assert ours.mask_logits.shape[0] == count
    assert float((ours.mask_logits - theirs.mask_logits).abs().max()) <= 1e-2
    torch.testing.assert_close(ours.norms, theirs.norms, atol=1e-4, rtol=1e-3)


def test_the_networks_are_what_answers(exported: AcceleratedSeem, monkeypatch) -> None:
    """Were PyTorch to answer, agreement would prove nothing."""

    def refuse(*_: object) -> None:
        raise AssertionError("PyTorch was asked")

    monkeypatch.setattr(exported.backbone, "forward", refuse)
    monkeypatch.setattr(exported.decoder.dense_prompts.fine, "forward", refuse)
    decoded(exported, 2)
    with pytest.raises(AssertionError, match="PyTorch was asked"):
        decoded(exported, 2, OTHER)


@torch.inference_mode()
@pytest.mark.parametrize("kind", sorted(RUNTIMES))
def test_the_detector_sees_the_same(tmp_path: Path, kind: str, monkeypatch) -> None:
    pytest.importorskip(RUNTIMES[kind], reason="requirements/export.txt")
    torch.manual_seed(0)
    detector = Detector(DetectorConfig(names=3), 24).eval()
    loaded = LoadedModel(tiny_seem(), Helpers(detector))
    monkeypatch.setattr(accelerated, "load_file_model", lambda _: loaded)
    size = detector.input_size(48, 64)
    images = torch.rand(1, 3, *size) * 255
    truth = detector.heads(images)
    export_model(loaded, tmp_path, kind, [], [size])
    found = load_export(tmp_path).helpers.detector
    monkeypatch.setattr(found.backbone, "forward", lambda _: pytest.fail("PyTorch was asked"))
    for ours, theirs in zip(found.heads(images), truth, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


def test_other_sizes_run_in_pytorch(exported: AcceleratedSeem) -> None:
    ours, theirs = decoded(exported, 2, OTHER), decoded(tiny_seem(), 2, OTHER)
    assert torch.equal(ours.mask_logits, theirs.mask_logits)


@torch.inference_mode()
def test_a_look_through_a_window_takes_the_statistics(exported: AcceleratedSeem) -> None:
    logits = []
    for model in (exported, tiny_seem()):
        norms = decoded(model, 1).norms
        features = model.encode_image(image(SIZE))
        batch = PromptBatch(
            per_image=1,
            groups=("spatial",),
            planes=torch.zeros(1, 4, 16, 24),
            windows=[Window(1, 1, 2, 3, norms[0])],
        )
        logits.append(model.decode(features, batch)["spatial"].mask_logits)
    assert float((logits[0] - logits[1]).abs().max()) <= 1e-2


def test_a_folder_is_a_model_for_the_cpu(folder: Path) -> None:
    assert load_model(str(folder)).needs_cpu
    with pytest.raises(ValueError, match="export for the CPU, not for 'cuda'"):
        Segmenter.from_pretrained(str(folder), device="cuda")


def test_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'tflite' is not one of onnx, openvino"):
        export_model(LoadedModel(tiny_seem()), tmp_path, "tflite", [SIZE])
    (tmp_path / INDEX).write_text(json.dumps({"format": "tflite", "sizes": []}))
    with pytest.raises(ValueError, match="'tflite' is not one of onnx, openvino"):
        load_export(tmp_path)


@pytest.mark.parametrize("half", [False, True])
def test_the_encoder_of_an_official_model_alone(tmp_path: Path, half: bool) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    with torch.inference_mode():
        expected = flatten(tiny_official().encode_image(image(SIZE)))
    path = export_encoder(tiny_official(), tmp_path, SIZE, half)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"images": image(SIZE).numpy()})
    assert len(outputs) == len(expected)
    for found, exact in zip(map(torch.from_numpy, outputs), expected, strict=True):
        assert found.dtype == torch.float32
        assert found.shape == exact.shape
        assert (found - exact).norm() < (0.02 if half else 1e-4) * exact.norm()


def test_models_without_dense_prompts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no dense prompts"):
        export_model(LoadedModel(tiny_seem(dense_prompts=None)), tmp_path, "onnx", [SIZE])
    assert not list(tmp_path.iterdir())
