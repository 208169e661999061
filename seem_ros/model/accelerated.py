"""Run the costly parts of an exported model in ONNX Runtime or OpenVINO, on the CPU.

Three networks hold nearly all of the work: the image encoder, the convolutions of dense
prompts, and the detector. Each was exported for one input size; pictures of other sizes, looks
through windows, words and heads run in PyTorch as ever, so that every prompt works either way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from seem_ros.model.dense_prompts import DensePrompts
from seem_ros.model.features import STRIDE, ImageFeatures
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import load_file_model
from seem_ros.model.windows import NormLedger

FORMATS = ("onnx", "openvino")
INDEX, WEIGHTS = "export.json", "model.safetensors"
Network = Callable[[Sequence[Tensor]], list[Tensor]]
Size = tuple[int, int]


def is_export(path: Path) -> bool:
    """Whether a folder is what ``seem-ros export`` wrote."""
    return (path / INDEX).is_file()


def load_export(folder: Path) -> LoadedModel:
    """Load a model and its helpers with their networks.

    Raises:
        FileNotFoundError: the folder lacks a file.
        ValueError: its index names a format that is not known.
        ImportError: the runtime of its format is not installed.
    """
    index = json.loads((folder / INDEX).read_text())
    kind = index.get("format")
    sizes, detector_sizes = (
        [(int(h), int(w)) for h, w in index.get(key, [])] for key in ("sizes", "detector_sizes")
    )
    if kind not in FORMATS:
        raise ValueError(f"{folder / INDEX}: format {kind!r} is not one of {', '.join(FORMATS)}")
    loaded = load_file_model(folder / WEIGHTS)
    open_network = _onnx_network if kind == "onnx" else _openvino_network

    def networks(part: str, of: Sequence[Size]) -> dict[Size, Network]:
        return {size: open_network(network_file(folder, part, size, kind)) for size in of}

    helpers = loaded.helpers
    if helpers.detector is not None and detector_sizes:
        detector = AcceleratedDetector(helpers.detector, networks("detect", detector_sizes))
        helpers = replace(helpers, detector=detector)
    model = AcceleratedSeem(loaded.model, networks("encode", sizes), networks("dense", sizes))
    return LoadedModel(model, helpers, needs_cpu=True)


def network_file(folder: Path, part: str, size: Size, kind: str) -> Path:
    """Where the network of a part ("encode", "dense", "detect") for a (height, width) lies."""
    suffix = "onnx" if kind == "onnx" else "xml"
    return folder / f"{part}_{size[0]}x{size[1]}.{suffix}"


def flatten(features: ImageFeatures) -> list[Tensor]:
    """Tensors of features in a fixed order, to be outputs of a network."""
    pairs = [x for pair in features.keys_values for x in pair]
    semantic = [] if features.semantic is None else [features.semantic]
    shared = [features.mask_features, *features.levels, *features.scaled_masks, *features.dense]
    return [*shared, *pairs, *semantic]


def unflatten(tensors: Sequence[Tensor], size: Size, layers: int) -> ImageFeatures:
    """Build features from what :func:`flatten` returned, for a decoder of so many layers."""
    pairs = tensors[10 : 10 + 2 * layers]
    return ImageFeatures(
        mask_features=tensors[0],
        levels=list(tensors[1:4]),
        size=size,
        keys_values=list(zip(pairs[::2], pairs[1::2], strict=True)),
        scaled_masks=list(tensors[4:7]),
        dense=list(tensors[7:10]),
        semantic=tensors[10 + 2 * layers] if len(tensors) > 10 + 2 * layers else None,
    )


class AcceleratedSeem(Seem):
    """A SEEM whose image encoder and dense prompts run outside PyTorch where sizes fit.

    Args:
        model: with dense prompts; its modules are shared.
        encoders, convolutions: by (height, width) of the padded input.
    """

    def __init__(
        self, model: Seem, encoders: dict[Size, Network], convolutions: dict[Size, Network]
    ) -> None:
        nn.Module.__init__(self)
        self.config, self.training = model.config, model.training
        self.compute_type = model.compute_type
        self.backbone, self.sem_seg_head = model.backbone, model.sem_seg_head
        self._encoders = encoders
        dense = AcceleratedDensePrompts(self.decoder.dense_prompts, convolutions)
        self.decoder.dense_prompts = dense

    def encode_image(self, images: Tensor) -> ImageFeatures:
        """Compute all that prompts share, see :meth:`Seem.encode_image`."""
        size = (images.shape[-2], images.shape[-1])
        network = self._encoders.get(size)
        if network is None or images.shape[0] != 1:
            return super().encode_image(images)
        return unflatten(network([images]), size, self.config.decoder.layers)


class AcceleratedDensePrompts(DensePrompts):
    """Dense prompts whose convolutions over whole pictures run outside PyTorch."""

    def __init__(self, dense: DensePrompts, convolutions: dict[Size, Network]) -> None:
        nn.Module.__init__(self)
        self._modules.update(dense._modules)
        self._networks = convolutions

    def _convolved(
        self, maps: list[Tensor], planes: Tensor, means: list[Tensor], ledger: NormLedger | None
    ) -> Tensor:
        size = (planes.shape[-2] * STRIDE, planes.shape[-1] * STRIDE)
        network = self._networks.get(size)
        if network is None or ledger is None or ledger.is_reused or maps[0].shape[0] != 1:
            return super()._convolved(maps, planes, means, ledger)
        features, statistics = network([*maps, planes, *means])
        ledger.note(statistics)
        return features


class AcceleratedDetector(Detector):
    """A detector whose network runs outside PyTorch for pictures of some shapes.

    Args:
        detector: its modules are shared.
        networks: by (height, width) of the input.
    """

    def __init__(self, detector: Detector, networks: dict[Size, Network]) -> None:
        nn.Module.__init__(self)
        self.config, self.training = detector.config, detector.training
        self._modules.update(detector._modules)
        self._buffers.update(detector._buffers)
        self._networks = networks

    def heads(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Run the network, see :meth:`Detector.heads`."""
        network = self._networks.get((images.shape[-2], images.shape[-1]))
        if network is None or images.shape[0] != 1:
            return super().heads(images)
        scores, reach = network([images])
        return scores, reach


def _arrays(tensors: Sequence[Tensor]) -> list[np.ndarray]:
    return [np.ascontiguousarray(x.detach().numpy()) for x in tensors]


def _onnx_network(path: Path) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]

    def run(inputs: Sequence[Tensor]) -> list[Tensor]:
        feeds = dict(zip(names, _arrays(inputs), strict=True))
        return [torch.from_numpy(x) for x in session.run(None, feeds)]

    return run


def _openvino_network(path: Path) -> Network:
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)

    def run(inputs: Sequence[Tensor]) -> list[Tensor]:
        results = compiled(_arrays(inputs))
        return [torch.from_numpy(results[each].copy()) for each in compiled.outputs]

    return run
