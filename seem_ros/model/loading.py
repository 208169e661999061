"""From a name or a path to a model: ``nano`` in the package, official checkpoints on disk."""

from __future__ import annotations

from pathlib import Path

from seem_ros.model.accelerated import is_export, load_export
from seem_ros.model.checkpoints import find_checkpoint, load_official
from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import is_model_file, load_file_model
from seem_ros.resources import weights_path

BUNDLED = ("nano",)


def load_model(name_or_path: str | Path) -> Seem:
    """Load a bundled model, a published checkpoint by name, a checkpoint file or an export.

    Args:
        name_or_path: "nano", a name that ``seem-ros models`` lists, a path to a ``.pt`` or
            ``.safetensors`` file, or a folder that ``seem-ros export`` wrote (CPU only).

    Returns:
        The model on the CPU in evaluation mode, with its tokenizer.

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
    return load_official(path)
