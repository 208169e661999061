"""``seem-ros export --encoder``: the image encoder of any model as one ONNX network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def export_encoders(
    name: str, folder: Path, pictures: Sequence[tuple[int, int]], half: bool, input_size: int
) -> None:
    """Write a network for each size of picture, run it once in ONNX Runtime, and say what next.

    Args:
        name: of the model, or its file.
        folder: of the networks.
        pictures: (height, width) of each.
        half: in half precision.
        input_size: side at which the model reads pictures, 0 for its own.

    Raises:
        ValueError: what comes out has other shapes than PyTorch's, or is not finite.
        ImportError: a package of requirements/export.txt is missing.

    """
    from seem_ros.model.exporting import export_encoder
    from seem_ros.model.loading import load_model
    from seem_ros.model.preprocess import plan

    model = load_model(name, input_size).model
    for size in sorted({plan(*picture, model.config.input).padded for picture in pictures}):
        shapes = _shapes(model, size)
        path = export_encoder(model, folder, size, half)
        worst = _checked(path, size, shapes)
        print(f"{path}: images 1x3x{size[0]}x{size[1]}, {len(shapes)} outputs up to {worst:.3g}")
        print(f"  trtexec --onnx={path} --fp16 --saveEngine={path.with_suffix('.engine')}")


def _shapes(model: object, size: tuple[int, int]) -> list[tuple[int, ...]]:
    """Shapes of what PyTorch gives, in the order of the network's outputs."""
    import torch

    from seem_ros.model.accelerated import flatten
    from seem_ros.model.seem import Seem

    assert isinstance(model, Seem)
    dtype = next(model.parameters()).dtype
    with torch.inference_mode():
        features = model.encode_image(torch.zeros(1, 3, *size, dtype=dtype))
    return [tuple(x.shape) for x in flatten(features)]


def _checked(path: Path, size: tuple[int, int], shapes: list[tuple[int, ...]]) -> float:
    """Run a network; return the largest magnitude of its outputs."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(0).normal(size=(1, 3, *size)).astype(np.float32)
    outputs = session.run(None, {session.get_inputs()[0].name: images})
    found = [output.shape for output in outputs]
    if found != shapes:
        raise ValueError(f"{path}: outputs are {found}, PyTorch gives {shapes}")
    if not all(np.isfinite(output).all() for output in outputs):
        raise ValueError(f"{path}: not all numbers are finite: export it without --half")
    return max(float(np.abs(output).max()) for output in outputs)
