"""Read tensors from files that may come from anywhere, without running anything in them."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

_HEAD = 512


class CheckpointError(ValueError):
    """A checkpoint file cannot be used; the message says why."""


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a state dict from a ``.pt``/``.pth`` or ``.safetensors`` file.

    Pickles are read with ``weights_only``: anything but plain tensors is refused before any of
    it runs. Tensors stay mapped to the file where the format allows, to save memory.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: empty, truncated, not a checkpoint, or a pickle that asks for code.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint file")
    if path.stat().st_size == 0:
        raise CheckpointError(f"{path}: the file is empty; download it again")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _checked(path, _read_pickle(path))


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: truncated or no safetensors file ({error})") from None


def _read_pickle(path: Path) -> object:
    zipped = zipfile.is_zipfile(path)
    try:
        with warnings.catch_warnings():  # what is wrong is said by the error, on one line
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_pickle_reason(path, str(error))) from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path}: truncated or damaged ({reason})") from None


def _pickle_reason(path: Path, message: str) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK") and not zipfile.is_zipfile(path):
        return f"{path}: truncated or damaged; download it again"
    if head.lstrip()[:1] == b"<":
        return f"{path}: a web page, not a checkpoint; download it again"
    if head.startswith((b"PK", b"\x80")):
        culprit = message.partition("GLOBAL ")[2].split(" ")[0]
        named = f" ({culprit})" if culprit else ""
        return f"{path}: holds more than tensors{named}; such a file can run code and is refused"
    return f"{path}: not a checkpoint, or truncated"


def _checked(path: Path, content: object) -> dict[str, Tensor]:
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: holds a {type(content).__name__}, not named tensors")
    others = [str(k) for k, v in content.items() if not isinstance(v, Tensor)]
    if others or not content:
        named = ", ".join(others[:3]) or "nothing"
        raise CheckpointError(f"{path}: a state dict holds tensors only; found {named}")
    return {str(name): tensor for name, tensor in content.items()}
