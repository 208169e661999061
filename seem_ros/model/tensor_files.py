"""Safetensors files that are written wholly or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from seem_ros.exchange.whole_file import whole_file


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors, contiguous and on the CPU; what was there stays until all is written.

    Raises:
        OSError: they cannot be written there; names the file and the reason.

    """
    with whole_file(path) as temporary:
        try:
            save_file(dict(tensors), temporary, None if metadata is None else dict(metadata))
        except SafetensorError as error:
            raise OSError(str(error)) from None
        temporary.chmod(0o644)
