"""From a name or a path to a model: ``nano`` in the package, official checkpoints on disk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from seem_ros.model.accelerated import is_export, load_export
from seem_ros.model.checkpoints import BUNDLED, find_checkpoint, load_official
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.weights_file import is_model_file, load_file_model, load_second_eye
from seem_ros.resources import weights_path

INPUT_SIZES = (128, 2048)


def load_model(
    name_or_path: str | Path,
    input_size: int = 0,
    second_eye: bool = False,
    half: torch.dtype | None = None,
) -> LoadedModel:
    """Load a model that reads pictures at its own size, or at another one.

    Args:
        name_or_path: see :func:`load_any`.
        input_size: pixels of the side that the model's configuration sets (nano: the longer
            one), 128..2048; 0 is the model's own.
        second_eye: load the network that looks once more where an operator insists, too.
        half: see :func:`load_any`.

    Raises:
        ValueError: the size is out of range, or the model takes one size only.
        FileNotFoundError, ImportError: see :func:`load_any`.
    """
    loaded = load_any(name_or_path, half)
    model = loaded.model
    if second_eye:
        helpers = dataclasses.replace(loaded.helpers, second_eye=load_second_eye(model.config))
        loaded = dataclasses.replace(loaded, helpers=helpers)
    if input_size == 0 or input_size == model.config.input.size:
        return loaded
    low, high = INPUT_SIZES
    if not low <= input_size <= high:
        raise ValueError(f"input size must be 0 or in {low}..{high}, got {input_size}")
    if model.config.input.fixed_size:
        raise ValueError(f"{model.config.name} takes pictures of one size only")
    changed = dataclasses.replace(model.config.input, size=input_size)
    model.config = dataclasses.replace(model.config, input=changed)
    return loaded


def load_any(name_or_path: str | Path, half: torch.dtype | None = None) -> LoadedModel:
    """Load a bundled model, a published checkpoint by name, a checkpoint file or an export.

    Args:
        name_or_path: "nano", a name that ``seem-ros models`` lists, a path to a ``.pt`` or
            ``.safetensors`` file, or a folder that ``seem-ros export`` wrote (CPU only).
        half: type in which the weights of an official model's matrix products are kept, None for
            single precision.

    Returns:
        The model on the CPU in evaluation mode, with its tokenizer and its helpers.

    Raises:
        FileNotFoundError: the file is not on disk; the message says how to get it.
        ValueError: no such name, or a file that cannot be used, and why.
        ImportError: the runtime of an export is not installed.
    """
    if name_or_path in BUNDLED:
        return load_file_model(weights_path(str(name_or_path)))
    path = Path(name_or_path)
    if is_export(path):
        return load_export(path)
    if not path.is_file():
        if path.suffix or path.parent != Path("."):
            raise FileNotFoundError(f"{path}: no such checkpoint file")
        checkpoint = find_checkpoint(str(name_or_path))
        path = checkpoint.path
        if not path.is_file():
            raise FileNotFoundError(
                f"{checkpoint.name} is not on disk: run `seem-ros download {checkpoint.name}` "
                f"or put {checkpoint.file} into {path.parent}"
            )
    if is_model_file(path):
        return load_file_model(path)
    return LoadedModel(load_official(path, half=half))
