"""Write a model's costly parts as networks for :mod:`seem_ros.model.accelerated`."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from seem_ros.model.accelerated import FORMATS, INDEX, WEIGHTS, Size, flatten, network_file
from seem_ros.model.dense_prompts import PLANES, DensePrompts
from seem_ros.model.features import STRIDE
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import save_model
from seem_ros.model.windows import NormLedger

_OPSET = 17


class _Encoder(nn.Module):
    """The image encoder as a function of tensors."""

    def __init__(self, model: Seem) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, H, W) -> tensors as :func:`flatten` orders them."""
        return tuple(flatten(self.model.encode_image(images)))


class _PlainLedger(NormLedger):
    """Notes the statistics of group norms in operations that every runtime knows."""

    def normalise(self, norm: nn.GroupNorm, x: Tensor) -> Tensor:
        """Apply a group norm to (B, C, h, w)."""
        groups = x.unflatten(1, (norm.num_groups, -1)).flatten(2)
        mean = groups.mean(-1, keepdim=True)
        scale = ((groups - mean).square().mean(-1, keepdim=True) + norm.eps).rsqrt()
        self._pages.append(torch.cat((mean, scale), -1))
        # One multiplication and one addition per pixel, as in a look through a window.
        wide = x.shape[1] // norm.num_groups
        factor = scale.expand(-1, -1, wide).flatten(1) * norm.weight
        shift = norm.bias - mean.expand(-1, -1, wide).flatten(1) * factor
        return x * factor[..., None, None] + shift[..., None, None]


class _Convolutions(nn.Module):
    """The convolutions of dense prompts on one image, for any number of prompts."""

    def __init__(self, dense: DensePrompts) -> None:
        super().__init__()
        self.dense = dense

    def forward(
        self, coarse: Tensor, middle: Tensor, fine: Tensor, planes: Tensor, *means: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Maps (1, c, h, w), planes (B, 4, H, W), means (B, 2, c) -> features, statistics."""
        count = planes.shape[0]
        maps = [x.expand(count, -1, -1, -1) for x in (coarse, middle, fine)]
        ledger = _PlainLedger()
        features = self.dense._convolved(maps, planes, list(means), ledger)
        return features, ledger.statistics


class _Heads(nn.Module):
    """The detector's network."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 3, H, W) -> scores and reach, see :meth:`Detector.heads`."""
        return self.detector.heads(images)


@torch.inference_mode()
def export_model(
    loaded: LoadedModel,
    folder: Path,
    kind: str,
    sizes: Sequence[Size],
    detector_sizes: Sequence[Size] = (),
) -> None:
    """Write weights, networks and their index into a folder.

    Args:
        loaded: with dense prompts, on the CPU.
        folder: made if needed.
        kind: "onnx" or "openvino".
        sizes: (height, width) of padded inputs, one pair of networks each.
        detector_sizes: (height, width) of the detector's inputs, one network each.

    Raises:
        ValueError: another format, or a model without dense prompts.
        ImportError: onnx, or openvino where it is wanted, is not installed.
    """
    if kind not in FORMATS:
        raise ValueError(f"format {kind!r} is not one of {', '.join(FORMATS)}")
    model, helpers = loaded.model, loaded.helpers
    if model.config.decoder.dense_prompts is None:
        raise ValueError(f"{model.config.name} has no dense prompts: only models like nano export")
    folder.mkdir(parents=True, exist_ok=True)
    save_model(model, folder / WEIGHTS, torch.float32, helpers.refiner)
    for size in sizes:
        images = torch.zeros(1, 3, *size)
        features = model.encode_image(images)
        _write(_Encoder(model), (images,), ["images"], network_file(folder, "encode", size, kind))
        planes = torch.rand(2, PLANES, size[0] // STRIDE, size[1] // STRIDE)
        means = [torch.rand(2, 2, x.shape[1]) for x in features.dense[:2]]
        inputs = (*features.dense, planes, *means)
        names = ["coarse", "middle", "fine", "planes", "mean_coarse", "mean_middle"]
        path = network_file(folder, "dense", size, kind)
        _write(_Convolutions(model.decoder.dense_prompts), inputs, names, path, names[3:])
    for size in detector_sizes:
        assert helpers.detector is not None  # whose input sizes they are
        path = network_file(folder, "detect", size, kind)
        _write(_Heads(helpers.detector), (torch.zeros(1, 3, *size),), ["images"], path)
    index = {"format": kind, "model": model.config.name, "sizes": [list(size) for size in sizes]}
    index["detector_sizes"] = [list(size) for size in detector_sizes]
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n")


@torch.inference_mode()
def export_encoder(model: Seem, folder: Path, size: Size, half: bool = False) -> Path:
    """Write the image encoder alone as an ONNX network, for runtimes such as TensorRT.

    Args:
        model: any, on the CPU.
        folder: made if needed.
        size: (height, width) of the padded input.
        half: compute in half precision; what goes in and comes out is single precision.

    Returns:
        The file: ``images`` (1, 3, height, width) in, the tensors of :func:`flatten` out.

    Raises:
        ImportError: onnx is not installed, or with ``half`` onnxruntime.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = network_file(folder, "encode", size, "onnx")
    _write(_Encoder(model), (torch.zeros(1, 3, *size),), ["images"], path)
    if half:
        _halve(path)
    return path


def _halve(path: Path) -> None:
    """Let a network compute in half precision; not so traced, which takes a CPU long."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)


def _write(
    network: nn.Module,
    inputs: tuple[Tensor, ...],
    names: list[str],
    path: Path,
    counted: Sequence[str] = (),
) -> None:
    """Export by tracing; the inputs named in ``counted`` have any number of rows."""
    onnx_path = path.with_suffix(".onnx")
    axes = {name: {0: "prompts"} for name in counted}
    with warnings.catch_warnings():  # the tracer warns of each size that becomes a constant
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), inputs, str(onnx_path), input_names=names, dynamic_axes=axes,
            opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
    if path != onnx_path:
        import openvino

        openvino.save_model(openvino.convert_model(onnx_path), path, compress_to_fp16=False)
        onnx_path.unlink()
