"""One view of a thing as a file: safetensors, read as data from a stranger.

Nothing in such a file is ever run. Its size, the names, kinds and shapes of its tensors and their
values are checked before anything is done with them.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from seem_ros.model.features import SpatialTokens
from seem_ros.model.tensor_files import write_tensors
from seem_ros.segmenting.colouring import LENGTH
from seem_ros.segmenting.memory import OTHER_CELLS, OWN_CELLS, Cells, Remembered

LARGEST_FILE = 8_000_000  # bytes; a view by nano has 0.3 million
_MOST_PARTS = 8  # levels or scales of a model
_MOST_ROWS = 4096  # tokens
_DIGEST, _FORMAT, _FORMAT_NAME = "digest", "format", "seem_ros view/1"


def write_view(path: Path, view: Remembered, digest: str) -> None:
    """Write a view, wholly or not at all.

    Args:
        path: of the file.
        view: what a model remembered.
        digest: of that model.

    Raises:
        OSError: it cannot be written there.
    """
    tensors = {key: _stored(value) for key, value in _tensors(view).items()}
    write_tensors(path, tensors, {_FORMAT: _FORMAT_NAME, _DIGEST: digest})


def read_view(path: Path, digest: str, device: torch.device) -> Remembered:
    """Read a view of a model with this digest.

    Raises:
        ValueError: the file is too large, broken, of another model, or holds something else.
    """
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"{path} has {size:,} bytes, a view at most {LARGEST_FILE:,}")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is broken: {error}") from None
    if metadata.get(_FORMAT) != _FORMAT_NAME:
        raise ValueError(f"{path} is no view of a taught thing")
    if metadata.get(_DIGEST) != digest:
        raise ValueError(f"{path} was made by another model")
    try:
        return _view(tensors, device)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} is no view of a taught thing: {error}") from None


def _tensors(view: Remembered) -> dict[str, Tensor]:
    tokens = view.tokens
    named = {"mean": tokens.mean}
    for kind in ("levels", "valid", "objects", "dense"):
        named |= {f"{kind}.{i}": part for i, part in enumerate(getattr(tokens, kind))}
    if view.cells is not None:
        named |= {"own": view.cells.own, "others": view.cells.others}
    if view.colours is not None:
        named["colours"] = torch.from_numpy(view.colours)[None]
    return named


def _stored(value: Tensor) -> Tensor:
    value = value.detach().cpu()
    # Levels share their marks, and a file shares nothing.
    return (value.half() if value.is_floating_point() else value).clone().contiguous()


def _view(tensors: dict[str, Tensor], device: torch.device) -> Remembered:
    """Put a view together again; raise KeyError or ValueError for what is none."""
    tensors = dict(tensors)
    own, others, colours = (tensors.pop(key) for key in ("own", "others", "colours"))
    mean = _numbers(tensors.pop("mean"), 3, 1)
    levels = [_numbers(part, 3, _MOST_ROWS) for part in _parts(tensors, "levels")]
    valid = [_rows(part, torch.bool) for part in _parts(tensors, "valid")]
    objects = [_rows(part, torch.int64) for part in _parts(tensors, "objects")]
    dense = [_numbers(part, 3, 2) for part in _parts(tensors, "dense")]
    if tensors:
        raise ValueError(f"unexpected tensors {', '.join(sorted(tensors)[:5])}")
    lengths = [part.shape[1] for part in levels]
    if lengths != [part.shape[1] for part in valid] or any(bool(part.any()) for part in objects):
        raise ValueError("its tokens do not belong together")
    if lengths != [part.shape[1] for part in objects]:
        raise ValueError("its tokens do not belong together")
    tokens = SpatialTokens(
        levels=[part.float().to(device) for part in levels],
        mean=mean.float().to(device),
        valid=[part.to(device) for part in valid],
        objects=[part.to(device) for part in objects],
        dense=[part.float().to(device) for part in dense],
    )
    if _numbers(colours, 2, 1).shape != (1, LENGTH):
        raise ValueError("its colours are of another kind")
    own, others = _numbers(own, 2, OWN_CELLS), _numbers(others, 2, OTHER_CELLS)
    if len(own) == 0 or own.shape[1] != others.shape[1]:
        raise ValueError("its cells do not belong together")
    cells = Cells(own.to(device), others.to(device))
    return Remembered(tokens, cells, colours[0].float().numpy())


def _parts(tensors: dict[str, Tensor], kind: str) -> list[Tensor]:
    """Take the numbered tensors of a kind out."""
    found: list[Tensor] = []
    while len(found) < _MOST_PARTS and f"{kind}.{len(found)}" in tensors:
        found.append(tensors.pop(f"{kind}.{len(found)}"))
    return found


def _numbers(value: Tensor, dimensions: int, most: int) -> Tensor:
    """Check finite half-precision numbers with at most so many rows in the last axis but one."""
    right = value.dtype == torch.float16 and value.dim() == dimensions
    if not right or value.shape[-2] > most or (dimensions == 3 and value.shape[0] != 1):
        raise ValueError(f"numbers of an unexpected kind: {value.dtype} {tuple(value.shape)}")
    if not bool(value.isfinite().all()):
        raise ValueError("numbers that are not finite")
    return value


def _rows(value: Tensor, dtype: torch.dtype) -> Tensor:
    if value.dtype != dtype or value.dim() != 2 or value.shape[0] != 1:
        raise ValueError(f"marks of an unexpected kind: {value.dtype} {tuple(value.shape)}")
    return value
